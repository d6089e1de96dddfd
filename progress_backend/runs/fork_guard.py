"""Guard of os.fork: a fork waits, within a bound, for this library's threads that are in other
libraries' code. A child that is forked meanwhile would have their locks without the threads, and
could wait for such a lock for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Longest wait of a fork for such threads; the same one is not waited for again.
WAIT_S: Final = 1.0


class _Inside:
    """The threads of this process that are in other libraries' code."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        #: Each block that a thread is in, and the thread's id.
        self.stays: dict[object, int] = {}
        self.given_up: set[object] = set()

    def awaited(self) -> bool:
        """Whether a fork has another thread to wait for."""
        me = threading.get_ident()
        return any(of != me and stay not in self.given_up for stay, of in self.stays.items())


#: Made at its first use: gevent may have patched the locks since this module was imported.
_inside: _Inside | None = None
_making = threading.Lock()
#: The guards with locks that the current fork holds.
_held: list[_Inside] = []


@contextmanager
def no_fork_in_between() -> Iterator[None]:
    """`with`: forks wait until the block is over, within a bound."""
    global _inside
    if _inside is None:
        with _making:
            _inside = _inside or _Inside()
    inside, stay = _inside, object()
    with inside.changed:
        inside.stays[stay] = threading.get_ident()
    try:
        yield
    finally:
        with inside.changed:
            del inside.stays[stay]
            inside.given_up.discard(stay)
            inside.changed.notify_all()


def _before() -> None:
    inside = _inside
    if inside is None:
        return
    inside.changed.acquire()
    _held.append(inside)  # so that it is released also if a signal's handler raises in the wait
    if not inside.changed.wait_for(lambda: not inside.awaited(), WAIT_S):
        inside.given_up |= inside.stays.keys()


def _in_parent() -> None:
    while _held:
        _held.pop().changed.release()


def _in_child() -> None:
    global _inside, _making
    _in_parent()  # held by the thread that forked, which is the only one now
    _inside, _making = None, threading.Lock()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
