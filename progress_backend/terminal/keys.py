"""Keys that a person presses in a terminal, read one by one; the terminal is given back as it was,
however the program ends or stops."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final, NoReturn, Self

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]
    tty = None  # type: ignore[assignment]

#: Bytes that one look takes; what is pasted beyond comes with the next.
_MOST: Final = 256
_ARROWS: Final = {"A": "up", "B": "down", "C": "right", "D": "left", "F": "end", "H": "home"}
_PAGES: Final = {"1": "home", "4": "end", "5": "page up", "6": "page down"}
_SEQUENCES: Final = {
    "\n": "enter",
    "\r": "enter",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\b": "backspace",
    **{f"\x1b{by}{letter}": name for letter, name in _ARROWS.items() for by in "[O"},
    **{f"\x1b[{number}~": name for number, name in _PAGES.items()},
}
#: An escape sequence as a whole, so that its letters are no keys; or a character.
_PRESSED: Final = re.compile(r"\x1b(?:\[[0-9;?]*[@-~]|O.)|.", re.DOTALL)
#: The beginning of a sequence, before its rest has come; and how long that takes at most.
_BEGUN: Final = re.compile(rb"\x1b(?:\[[0-9;?]*|O)?\Z")
_REST_S: Final = 0.05
_SHOW_CURSOR: Final = b"\x1b[?25h"
#: Seconds after which a wait looks whether the program has been stopped meanwhile.
_LOOK_S: Final = 0.2

#: Signals that end the program, or stop it; Windows has fewer.
_NAMES: Final = ("SIGINT", "SIGTERM", "SIGQUIT", "SIGTSTP")
_ENDING: Final = frozenset(getattr(signal, name) for name in _NAMES if hasattr(signal, name))

#: What a signal had before: a function, SIG_DFL or SIG_IGN.
_Handler = Callable[[int, FrameType | None], Any] | int | None


def can_be_read() -> bool:
    """Whether stdin is a terminal of a system that hands on single keys, and this program is in its
    foreground."""
    return termios is not None and sys.stdin.isatty() and _in_front(sys.stdin.fileno())


def _in_front(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # no terminal any more
        return False


class Keys:
    """`with`: reads stdin's keys without waiting for Enter, and without showing them.

    Ctrl-C is a KeyboardInterrupt as before. SIGTERM and SIGQUIT end the program through its own
    `finally` blocks, with 143 and 131. While Ctrl-Z stops it the shell has the terminal as it was.
    """

    def __init__(self) -> None:
        self._terminal = sys.stdin.fileno()
        self._before: list[Any] = []
        self._handlers: dict[int, _Handler] = {}
        #: The program was stopped and goes on: everything is to be drawn again.
        self.came_back = False

    def pressed(self, within_s: float) -> list[str]:
        """The keys that are pressed until the first one comes, or the time is over: characters, and
        "up", "down", "left", "right", "page up", "page down", "home", "end", "enter", "escape",
        "backspace"."""
        end = time.monotonic() + within_s
        self._take()
        while not self.came_back:
            left = end - time.monotonic()
            # A signal's handler that returns leaves select waiting: it looks again, soon.
            if select.select([self._terminal], [], [], min(max(left, 0), _LOOK_S))[0]:
                return self._read()
            if left <= 0:
                break
        return []

    def _read(self) -> list[str]:
        try:
            typed = os.read(self._terminal, _MOST)
            if _BEGUN.search(typed) and select.select([self._terminal], [], [], _REST_S)[0]:
                typed += os.read(self._terminal, _MOST)
        except OSError:
            typed = b""
        if not typed:  # the terminal is gone
            raise KeyboardInterrupt
        return [
            _SEQUENCES.get(one, one) for one in _PRESSED.findall(typed.decode(errors="replace"))
        ]

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(self._terminal)
        for number, handler in (
            (signal.SIGTERM, self._end),
            (signal.SIGQUIT, self._end),
            (signal.SIGTSTP, self._stop),
        ):
            if signal.getsignal(number) is not signal.SIG_IGN:  # by whoever has started it
                self._handlers[number] = signal.signal(number, handler)
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        # A second Ctrl-C comes when the terminal has been given back.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            self._give_back()
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _take(self) -> None:
        """Has the terminal hand on single keys: at each wait, as a shell that lets this program go
        on may set the terminal after that."""
        with suppress(termios.error):  # the terminal is gone
            if termios.tcgetattr(self._terminal)[3] & termios.ICANON:
                tty.setcbreak(self._terminal, termios.TCSANOW)

    def _give_back(self) -> None:
        # From the background a program that sets the terminal would be stopped.
        if _in_front(self._terminal):
            with suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def _end(self, number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    def _stop(self, *_: object) -> None:
        self._give_back()
        with suppress(OSError, ValueError):  # it is gone
            os.write(sys.stdout.fileno(), _SHOW_CURSOR)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)  # here it stops, until SIGCONT
        signal.signal(signal.SIGTSTP, self._stop)
        self.came_back = True
