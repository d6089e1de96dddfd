"""Locks that let one process at a time run a check or a cleanup."""

from __future__ import annotations

from .call import Call, Requests, in_the_first, one
from .keys import Keys
from .scripts import script


def take(name: str, token: str, ttl_ms: int) -> Call[bool]:
    """Takes or extends the lock for `ttl_ms`; returns whether the token has it. 0 gives it back. A
    lock for more than twice as long is from before the clock was set back, and is taken over."""

    def ask(keys: Keys) -> Requests[bool]:
        about = {"token": token, "ttl": ttl_ms}
        return one(script("lock", {"lock": keys.lock(name)}, about), lambda held: bool(held == 1))

    return in_the_first(ask)


def give_back(name: str, token: str) -> Call[bool]:
    """Gives the lock back; returns whether the token had it."""
    return take(name, token, 0)
