"""Waiting for a condition, with a deadline; a test never sleeps for luck."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.02
#: A busy machine may take this long to what it does in a moment; only a failure waits for it.
PATIENCE_S = 60.0


def eventually(condition: Callable[[], T], timeout: float = PATIENCE_S, *, what: str = "") -> T:
    """The condition's first true value; AssertionError with its last value after the deadline.

    An AssertionError from the condition counts as "not yet" and is shown at the end.
    """
    deadline = time.monotonic() + timeout
    while True:
        value, failure = _ask(condition)
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(_late(what or _name(condition), timeout, value)) from failure
        time.sleep(POLL_S)


async def aeventually(
    condition: Callable[[], T | Awaitable[T]], timeout: float = PATIENCE_S, *, what: str = ""
) -> T:
    """As eventually, for a condition that may be a coroutine function, on the running loop."""
    deadline = time.monotonic() + timeout
    while True:
        value, failure = _ask(condition)
        if isinstance(value, Awaitable):
            try:
                # A condition that hangs must not outlive the deadline either.
                value = await asyncio.wait_for(value, max(deadline - time.monotonic(), POLL_S))
            except AssertionError as error:
                value, failure = None, error
            except TimeoutError as error:
                raise AssertionError(_late(what or _name(condition), timeout, None)) from error
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(_late(what or _name(condition), timeout, value)) from failure
        await asyncio.sleep(POLL_S)


def _ask(condition: Callable[[], T]) -> tuple[T | None, AssertionError | None]:
    try:
        return condition(), None
    except AssertionError as error:
        return None, error


def _name(condition: Callable[..., object]) -> str:
    return getattr(condition, "__qualname__", repr(condition))


def _late(what: str, timeout: float, value: object) -> str:
    return f"{what} not true within {timeout:g} s; last value: {value!r}"
