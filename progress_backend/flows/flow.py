"""A flow: a generator that yields store commands, receives their replies and does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from ..operations.call import Call
from .commands import Command

T = TypeVar("T")
Flow = Generator[Call[Any] | Command, Any, T]


def completed(flow: Flow[T], execute: Callable[[Any], Any]) -> T:
    """Drives a flow to its end with a function that carries out one command; its result.

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
