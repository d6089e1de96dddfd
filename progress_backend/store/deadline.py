"""A thread's deadline for all that it waits for at the store."""

from __future__ import annotations

import threading
from time import monotonic
from types import TracebackType


class Deadline(threading.local):
    """The deadline of a Redis client's calls; each thread (under gevent each greenlet) has its own.

    Connecting, login, sending and every piece of a reply count into one deadline: a server that
    answers byte by byte gets no more time than one that does not answer.
    """

    def __init__(self, timeout_s: float) -> None:
        #: Bound of a call outside of any `within` block.
        self.timeout_s = timeout_s
        #: Monotonic time of the deadline; None outside of any block.
        self.until: float | None = None
        #: How often the server has replied to this thread.
        self.replies = 0

    def left(self) -> float:
        """Seconds that are left until the deadline.

        Raises:
            TimeoutError: the deadline has passed.
        """
        if self.until is None:
            return self.timeout_s
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("the time for it is over")
        return left

    def within(self, seconds: float | None = None) -> Within:
        """`with`: bounds all waits in the block to so many seconds together, and to the deadline of
        the block around it; without a number, to that deadline, or else to `timeout_s`."""
        return Within(self, seconds)


class Within:
    """See `Deadline.within`."""

    __slots__ = ("_deadline", "_outer", "_seconds")

    def __init__(self, deadline: Deadline, seconds: float | None) -> None:
        self._deadline = deadline
        self._seconds = seconds

    def __enter__(self) -> None:
        self._outer = outer = self._deadline.until
        seconds = self._seconds
        if seconds is None:
            if outer is not None:
                return
            seconds = self._deadline.timeout_s
        until = monotonic() + seconds
        self._deadline.until = until if outer is None or until < outer else outer

    def __exit__(
        self,
        _: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._deadline.until = self._outer
