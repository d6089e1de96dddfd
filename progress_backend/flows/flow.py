"""A flow: a generator that yields calls of a store, receives their replies and does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from ..operations.call import Call

T = TypeVar("T")
Flow = Generator[Call[Any], object, T]


def completed(flow: Flow[T], execute: Callable[[Any], Any]) -> T:
    """Drives a flow to its end with a function that carries out one call; its result.

    Raises:
        Exception: what `execute` or the flow itself raises.
    """
    reply: Any = None
    try:
        while True:
            reply = execute(flow.send(reply))
    except StopIteration as end:
        result: T = end.value
        return result
