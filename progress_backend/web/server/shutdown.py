"""Lets go of those who listen before the server waits for them.

At its end a server waits for every open answer, and a stream of events never ends by itself. So
the signals that end the server are heard here as well, before the server's own handlers.
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
    """Inside, `farewell` is called on the running loop when the process is told to end.

    Handlers belong to the main thread, and a signal that nobody handles ends the process anyway:
    in other cases this does nothing.
    """
    loop = asyncio.get_running_loop()
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def heard(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(farewell)
        before[number](number, frame)

    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler):
                before[number] = handler
                signal.signal(number, heard)
    try:
        yield
    finally:
        for number in _SIGNALS:
            if number in before and signal.getsignal(number) is heard:
                signal.signal(number, before[number])
