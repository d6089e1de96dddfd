"""A thread for work that may block for long, on the newest value of each run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .daemon import daemon
from .run import Run

T = TypeVar("T")

#: Runs that wait for the thread; the one that has waited longest goes when there are more.
_MOST = 10_000


class Lane(Generic[T]):
    """Does `work(run, value)` in a thread of its own (a greenlet under gevent), which begins with
    the first value. `work` may not raise."""

    def __init__(self, name: str, work: Callable[[Run, T], None]) -> None:
        self._name = name
        self._work = work
        self._newest: dict[int, tuple[Run, T]] = {}
        #: Held for the fields, and told when the work on a run is done.
        self._changed = threading.Condition()
        self._at: Run | None = None
        self._thread: threading.Thread | None = None

    def put(self, run: Run, value: T) -> None:
        """Takes a run's newest value; one that still waits is forgotten."""
        with self._changed:
            self._newest[id(run)] = (run, value)
            if len(self._newest) > _MOST:
                del self._newest[next(iter(self._newest))]
            if self._thread is None:
                self._thread = daemon(self._name, self._loop)
            self._changed.notify_all()

    def close(self, run: Run, timeout_s: float) -> None:
        """Nothing more is begun for the run; what is under way is waited for, within a bound."""
        with self._changed:
            self._newest.pop(id(run), None)
            self._changed.wait_for(lambda: self._at is not run, timeout_s)

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._at = None
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._newest)
                run, value = self._newest.pop(next(iter(self._newest)))
                self._at = run
            self._work(run, value)
