"""Locks that keep a pass to one process."""

from __future__ import annotations

from .call import Asked, Call, in_the_first, one
from .keys import Keys
from .scripts import script


def take(name: str, token: str, ttl_ms: int) -> Call[bool]:
    """Whether the token holds the lock, now or still, for `ttl_ms`; 0 gives it back. A lock that
    would last twice as long was taken by a clock that was set back since, and is taken over."""

    def ask(keys: Keys) -> Asked[bool]:
        about = {"token": token, "ttl": ttl_ms}
        return one(script("lock", {"lock": keys.lock(name)}, about), lambda held: bool(held == 1))

    return in_the_first(ask)


def give_back(name: str, token: str) -> Call[bool]:
    """Whether the token held the lock, which it holds no longer."""
    return take(name, token, 0)
