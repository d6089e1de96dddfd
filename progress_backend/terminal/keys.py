"""Keys that a person presses in a terminal, read one by one by prompt_toolkit, which comes with
Celery; the terminal is given back as it was, however the program ends or stops."""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Final, NoReturn, Self

#: Seconds within which the rest of an escape sequence follows.
_REST_S: Final = 0.05
#: Names of keys that prompt_toolkit calls by what a terminal sends.
_NAMES: Final = {"c-m": "enter", "c-j": "enter", "c-h": "backspace"}
_SHOW_CURSOR: Final = b"\x1b[?25h"


def can_be_read() -> bool:
    """Whether stdin is a terminal of a system that hands on single keys, and this program is in its
    foreground."""
    if not hasattr(os, "tcgetpgrp") or not sys.stdin.isatty():  # Windows has none
        return False
    if find_spec("prompt_toolkit") is None:
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # the terminal controls another session's processes, or none
        return False


class KeyReader:
    """`with`: reads stdin's keys without waiting for Enter, and without showing them.

    Ctrl-C is a KeyboardInterrupt. SIGTERM and Ctrl-\\ end the program through its own `finally`
    blocks, with 143 and 131. While Ctrl-Z stops it the shell has the terminal as it was.
    """

    def __init__(self) -> None:
        from prompt_toolkit.input import create_input  # takes 0.15 s to import

        self._input = create_input(sys.stdin)
        self._opened = ExitStack()
        #: The program was stopped and goes on: everything is to be drawn again.
        self.came_back = False

    def pressed(self, within_s: float) -> list[str]:
        """The keys that are pressed until the first one comes, or the time is over: characters, and
        "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "escape",
        "backspace"."""
        ready = self._ready(within_s)
        keys = self._input.read_keys()
        if ready and not keys:  # Escape, or the beginning of a sequence
            self._ready(_REST_S)
        keys = keys or self._input.read_keys() or self._input.flush_keys()
        if ready and not keys:  # the terminal is gone
            raise KeyboardInterrupt
        names = [str(getattr(press.key, "value", press.key)) for press in keys]
        if "c-c" in names:
            raise KeyboardInterrupt
        if "c-\\" in names:
            self._end(signal.SIGQUIT)
        if "c-z" in names:
            self._stop()
        return [_NAMES.get(name, name) for name in names]

    def _ready(self, within_s: float) -> bool:
        return bool(select.select([self._input.fileno()], [], [], max(within_s, 0))[0])

    def __enter__(self) -> Self:
        before = signal.signal(signal.SIGTERM, self._end)
        self._opened.callback(signal.signal, signal.SIGTERM, before)
        self._opened.enter_context(self._input.raw_mode())
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _end(self, number: int, _: object = None) -> NoReturn:
        raise SystemExit(128 + number)

    def _stop(self) -> None:
        with self._input.cooked_mode():
            os.write(sys.stdout.fileno(), _SHOW_CURSOR)
            os.kill(0, signal.SIGTSTP)  # here it stops, until SIGCONT
        self.came_back = True
