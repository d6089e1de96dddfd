"""A worker thread for calls that may block for long, on the newest value of each run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from ..daemon import daemon
from .run import Run

T = TypeVar("T")

#: Runs that wait for the thread; when there are more, the one that has waited longest is dropped.
_MOST = 10_000
#: Seconds after which a thread without work ends: it would keep what it works for alive.
IDLE_S = 60.0


class LatestWorker(Generic[T]):
    """Calls `work(run, value)` in a thread of its own (a greenlet under gevent), which starts with
    the first value. `work` must not raise."""

    def __init__(self, name: str, work: Callable[[Run, T], None]) -> None:
        self._name = name
        self._work = work
        self._newest: dict[int, tuple[Run, T]] = {}
        #: Guards the fields, and is notified when `work` has returned.
        self._changed = threading.Condition()
        self._at: Run | None = None
        self._thread: threading.Thread | None = None

    def put(self, run: Run, value: T) -> None:
        """Puts a run's newest value into the queue, in place of an older one."""
        with self._changed:
            self._newest[id(run)] = (run, value)
            if len(self._newest) > _MOST:
                del self._newest[next(iter(self._newest))]
            if self._thread is None:
                self._thread = daemon(self._name, self._loop)
            self._changed.notify_all()

    def close(self, run: Run, timeout_s: float) -> bool:
        """No more work is started for the run; work in progress is waited for, at most so long.
        Whether none is in progress any more."""
        with self._changed:
            self._newest.pop(id(run), None)
            return self._changed.wait_for(lambda: self._at is not run, timeout_s)

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._at = None
                self._changed.notify_all()
                if not self._changed.wait_for(lambda: self._newest, IDLE_S):
                    self._thread = None  # the next value starts another one
                    return
                run, value = self._newest.pop(next(iter(self._newest)))
                self._at = run
            self._work(run, value)
            del run, value  # a run that is over is freed
