"""Closes open event streams and sockets at a shutdown, before the server waits for them.

At a shutdown a server waits for every open response, and an event stream never ends by itself. So
SIGINT and SIGTERM are handled here as well, before the server's own handlers.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def at_signals(farewell: Callable[[], None]) -> Iterator[None]:
    """`with`: calls `farewell` on the running loop at SIGINT or SIGTERM.

    Outside of the main thread, or without a server's handler (the signal then ends the process),
    this does nothing.
    """
    loop = asyncio.get_running_loop()
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def received(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(farewell)
        before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                before[number] = handler
                signal.signal(number, received)
    try:
        yield
    finally:
        for number in _SIGNALS:
            if number in before and signal.getsignal(number) is received:
                signal.signal(number, before[number])
