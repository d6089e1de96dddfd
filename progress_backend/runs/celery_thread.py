"""A thread of a process for calls to a server of Celery's, which may block for long: one for the
result backend and one for the broker, so that neither waits for the other's server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from time import monotonic

from ..daemon import daemon
from .fork_guard import no_fork_in_between

#: Calls that wait for the thread; when there are more, the one that has waited longest is dropped.
_MOST = 10_000
#: Seconds after which an idle thread ends: it would keep a dropped app alive.
IDLE_S = 60.0


class CeleryThread:
    """Makes calls one by one, only the newest of each key, in a thread (a greenlet under gevent)
    that starts with the first one. A call must not raise."""

    def __init__(self, name: str) -> None:
        self._name = name
        #: By key: the monotonic time from which the call may be made, and the call.
        self._newest: dict[Hashable, tuple[float, Callable[[], None]]] = {}
        #: Guards the fields, and is notified when a call is added or over.
        self._changed = threading.Condition()
        self._at: Hashable = None
        self._thread: threading.Thread | None = None

    def put(self, key: Hashable, call: Callable[[], None], wait_s: float = 0.0) -> None:
        """Adds a call at the end, or in place of an older one with the same key; it is made after
        `wait_s` seconds at the earliest."""
        with self._changed:
            self._newest[key] = monotonic() + wait_s, call
            if len(self._newest) > _MOST:
                del self._newest[next(iter(self._newest))]
            if self._thread is None:
                self._thread = daemon(self._name, self._work)
            self._changed.notify_all()

    def close(self, key: Hashable, timeout_s: float) -> bool:
        """Drops a key's call, and waits up to `timeout_s` for one in progress. Returns whether none
        is in progress any more."""
        if self._thread is None:  # it has no work
            return True
        with self._changed:
            self._newest.pop(key, None)
            return self._changed.wait_for(lambda: self._at != key, timeout_s)

    def _due(self) -> Hashable:
        now = monotonic()
        return next((key for key, (due, _) in self._newest.items() if due <= now), None)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._at = None
                self._changed.notify_all()
                while (key := self._due()) is None:
                    first = min((due for due, _ in self._newest.values()), default=None)
                    wait_s = IDLE_S if first is None else max(first - monotonic(), 0.0)
                    if not self._changed.wait(wait_s) and not self._newest:
                        self._thread = None  # the next call starts another one
                        return
                _, call = self._newest.pop(key)
                self._at = key
            with no_fork_in_between():
                call()
            del call  # a run that is over is freed
