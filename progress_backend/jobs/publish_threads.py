"""Threads that publish the messages of jobs."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, TypeAlias, TypeVar

from ..daemon import daemon
from ..errors import ProgressError

T = TypeVar("T")
_Calls: TypeAlias = SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]

#: Publishes at once in one process: a broker that hangs holds no more threads.
MOST_AT_ONCE: Final = 16


class StartError(ProgressError):
    """A job was not started, or it is not known whether it was.

    Attributes:
        retry_after_s: seconds after which the same request may be sent again; 0: never by itself.
    """

    def __init__(self, message: str, status_code: int, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.retry_after_s = retry_after_s


class PublishThreads:
    """At most `MOST_AT_ONCE` threads, for one event loop. Each stays: Celery connects to the result
    backend in each thread that publishes."""

    def __init__(self) -> None:
        self._calls: _Calls = SimpleQueue()
        self._taken = self._threads = 0
        weakref.finalize(self, self._calls.put, None)

    def take(self) -> None:
        """Takes a thread's place, for one `call`.

        Raises:
            StartError: 503, all are taken.
        """
        if self._taken >= MOST_AT_ONCE:
            why = f"{MOST_AT_ONCE} starts still wait for the broker; nothing was started"
            raise StartError(why, 503, 1)
        self._taken += 1

    def give_back(self) -> None:
        """Gives a place back that is not used."""
        self._taken -= 1

    async def call(self, call: Callable[[], T]) -> T:
        """The result of a call in a thread, however long that takes; then its place is free.

        Raises:
            Exception: what the call raises; RuntimeError if the system has no thread left.
        """
        try:
            if self._taken > self._threads and daemon(
                "progress-start", partial(_work, self._calls)
            ):
                self._threads += 1
            if not self._threads:
                raise RuntimeError("no thread is left")
            done: Future[T] = Future()
            self._calls.put((done, call))
            return await asyncio.wrap_future(done)
        finally:
            self._taken -= 1


def _work(calls: _Calls) -> None:
    while (due := calls.get()) is not None:
        done, call = due
        if done.set_running_or_notify_cancel():
            try:
                done.set_result(call())
            except BaseException as error:  # what a library raises; or a router that exits
                done.set_exception(error if isinstance(error, Exception) else RuntimeError(error))
        del due, done, call  # the app may be dropped before the next call
    calls.put(None)
