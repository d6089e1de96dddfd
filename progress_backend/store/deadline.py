"""When a thread's wait for the store ends, whatever it is that is waited for."""

from __future__ import annotations

import threading
from time import monotonic
from types import TracebackType


class Deadline(threading.local):
    """One a client of Redis; each thread (under gevent each greenlet) has its own end of it.

    Connecting, logging in, sending and every piece of a reply are parts of one wait: a server that
    answers byte by byte gets no more time than one that says nothing.
    """

    def __init__(self, timeout_s: float) -> None:
        #: Of a call that nobody has bounded otherwise.
        self.timeout_s = timeout_s
        #: Monotonic seconds; None while nothing is waited for.
        self.until: float | None = None

    def left(self) -> float:
        """Seconds that may still be waited.

        Raises:
            TimeoutError: there are none.
        """
        if self.until is None:
            return self.timeout_s
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("the time for it is over")
        return left

    def within(self, seconds: float | None = None) -> Within:
        """`with`: all that is waited for in there takes so long at most, and no longer than what is
        around it; without a number as long as that, or `timeout_s`."""
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
