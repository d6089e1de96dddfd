"""Calls of a store or an API in threads of their own, so that keys are read while they wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ..daemon import daemon

T = TypeVar("T")


def in_thread(call: Callable[[], T]) -> Future[T]:
    """The outcome of a call, once it is there. The end of the program waits for none, as it would
    for an executor's."""
    outcome: Future[T] = Future()

    def work() -> None:
        try:
            found = call()
        except BaseException as error:  # whoever waits gets it
            outcome.set_exception(error)
        else:
            outcome.set_result(found)

    if daemon("progress-watch", work) is None:
        outcome.set_exception(RuntimeError("the system has no thread left for calls of the store"))
    return outcome
