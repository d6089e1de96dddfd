"""Has a fork wait a moment for threads of ours that are in other libraries' code: a child that is
forked meanwhile has the locks which they hold, without the threads, and may wait for them for ever.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Longest wait of a fork for what is under way; the same is not waited for again.
WAIT_S: Final = 1.0


class _Inside:
    """Which threads of this process are in such code."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        #: Each stay, and the thread whose it is.
        self.stays: dict[object, int] = {}
        self.given_up: set[object] = set()

    def awaited(self) -> bool:
        """Whether a fork has somebody to wait for; not for the thread that forks."""
        me = threading.get_ident()
        return any(of != me and stay not in self.given_up for stay, of in self.stays.items())


#: Made at first use: gevent may have patched the locks since this was imported.
_inside: _Inside | None = None
_making = threading.Lock()
#: Of the fork that is under way.
_held: list[_Inside] = []


@contextmanager
def no_fork_in_between() -> Iterator[None]:
    """Forks wait until this is over, within a bound."""
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
    if not inside.changed.wait_for(lambda: not inside.awaited(), WAIT_S):
        inside.given_up |= inside.stays.keys()
    _held.append(inside)


def _in_parent() -> None:
    while _held:
        _held.pop().changed.release()


def _in_child() -> None:
    global _inside, _making
    _in_parent()  # held by the thread that forked, which is the only one now
    _inside, _making = None, threading.Lock()


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
