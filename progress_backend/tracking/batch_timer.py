"""Timer that sends a group's kept messages while its generator is slow; one thread per process."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import Protocol

from ..daemon import daemon

#: Longest time for which a message is kept.
PATIENCE_S = 0.1


class Keeps(Protocol):
    """An object that keeps messages."""

    def flush_if_due(self) -> bool:
        """Sends, in the timer's thread, messages that were kept too long; whether it got the
        lock."""


class _Timer:
    """Queue of batches: all wait equally long, so the first one added is the first that is due."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Keeps]] = deque()
        self._awake = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, batch: Keeps) -> None:
        self._waiting.append((time.monotonic() + PATIENCE_S, batch))
        if self._thread is None:
            with self._guard:
                if self._thread is None:
                    self._thread = daemon("progress-batches", self._work)
        self._awake.set()

    def _work(self) -> None:
        while True:
            self._awake.wait()
            self._awake.clear()
            while self._waiting:
                due, batch = self._waiting.popleft()
                # Batches that are added meanwhile are due later: none has to wake this thread.
                time.sleep(max(due - time.monotonic(), 0.0))
                if not batch.flush_if_due():
                    self._waiting.append((time.monotonic() + PATIENCE_S, batch))


#: Made at its first use: gevent may have patched the locks since this module was imported.
_timer: _Timer | None = None


def watch(batch: Keeps) -> None:
    """Adds a batch that has begun to keep messages; it is flushed `PATIENCE_S` later."""
    global _timer
    if _timer is None:
        _timer = _Timer()
    _timer.watch(batch)


def _forked() -> None:
    global _timer
    _timer = None


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_forked)
