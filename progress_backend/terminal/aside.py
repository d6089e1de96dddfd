"""Calls of a store or an API in a thread of their own, so that keys are read while they wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Self, TypeVar

from ..daemon import daemon

T = TypeVar("T")
_Call = tuple[Callable[[], Any], "Future[Any]"]


class Aside:
    """`with`: carries out calls one after the other in one thread. What is under way at the end is
    not waited for."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()

    def ask(self, call: Callable[[], T]) -> Future[T]:
        """The outcome of a call, once it is there."""
        outcome: Future[T] = Future()
        self._calls.put((call, outcome))
        return outcome

    def _work(self) -> None:
        while (given := self._calls.get()) is not None:
            call, outcome = given
            try:
                found = call()
            except BaseException as error:  # whoever asked gets it
                outcome.set_exception(error)
            else:
                outcome.set_result(found)

    def __enter__(self) -> Self:
        # An executor's thread would be waited for as the program ends.
        if daemon("progress-watch", self._work) is None:
            raise RuntimeError("the system has no thread left for calls of the store")
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.put(None)
