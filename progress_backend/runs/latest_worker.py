"""A worker thread for calls that may block for long, on the newest value of each run and kind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from ..daemon import daemon
from .run import Run

T = TypeVar("T")

#: Values that wait for the thread; when there are more, the one that has waited longest is dropped.
_MOST = 10_000
#: Seconds after which a thread without work ends: it would keep what it works for alive.
IDLE_S = 60.0


class LatestWorker(Generic[T]):
    """Calls the function of a kind with a run and its newest value, in a thread of its own (a
    greenlet under gevent), which starts with the first value. No function may raise."""

    def __init__(self, name: str, kinds: Mapping[str, Callable[[Run, T], None]]) -> None:
        self._name = name
        self._kinds = kinds
        self._newest: dict[tuple[int, str], tuple[Run, T]] = {}
        #: Guards the fields, and is notified when a function has returned.
        self._changed = threading.Condition()
        self._at: Run | None = None
        self._thread: threading.Thread | None = None

    def put(self, run: Run, kind: str, value: T) -> None:
        """Puts a run's newest value of a kind into the queue, in place of an older one."""
        with self._changed:
            self._newest[id(run), kind] = (run, value)
            if len(self._newest) > _MOST:
                del self._newest[next(iter(self._newest))]
            if self._thread is None:
                self._thread = daemon(self._name, self._loop)
            self._changed.notify_all()

    def close(self, run: Run, timeout_s: float) -> bool:
        """No more work is started for the run; work in progress is waited for, at most so long.
        Whether none is in progress any more."""
        with self._changed:
            for kind in self._kinds:
                self._newest.pop((id(run), kind), None)
            return self._changed.wait_for(lambda: self._at is not run, timeout_s)

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._at = None
                self._changed.notify_all()
                if not self._changed.wait_for(lambda: self._newest, IDLE_S):
                    self._thread = None  # the next value starts another one
                    return
                run_id, kind = next(iter(self._newest))
                run, value = self._newest.pop((run_id, kind))
                self._at = run
            self._kinds[kind](run, value)
            del run, value  # a run that is over is freed
