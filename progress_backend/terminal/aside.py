"""Calls of a store or an API in a thread of their own, so that keys are heeded while they wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Self, TypeVar

T = TypeVar("T")
_Call = tuple[Callable[[], Any], "Future[Any]"]


class Aside:
    """`with`: carries out calls one after the other in one thread. What is under way at the end is
    not waited for."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        # An executor's thread would be waited for as the program ends.
        self._thread = threading.Thread(target=self._work, name="progress-watch", daemon=True)

    def ask(self, call: Callable[[], T]) -> Future[T]:
        """The outcome of a call, once it is there."""
        outcome: Future[T] = Future()
        self._calls.put((call, outcome))
        return outcome

    def _work(self) -> None:
        # They are the main thread's, which holds them back while it draws.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while (given := self._calls.get()) is not None:
            call, outcome = given
            try:
                found = call()
            except BaseException as error:  # whoever asked gets it
                outcome.set_exception(error)
            else:
                outcome.set_result(found)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.put(None)
