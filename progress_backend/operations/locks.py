"""Locks that keep a pass to one process."""

from __future__ import annotations

from .call import Asked, Call, in_the_first, one
from .keys import Keys
from .scripts import script
from .values import nothing


def take(name: str, token: str, ttl_ms: int) -> Call[bool]:
    """Whether the token holds the lock, now or still, for `ttl_ms`. A lock that would last twice as
    long was taken by a clock that was set back since, and is taken over."""

    def ask(keys: Keys) -> Asked[bool]:
        about = {"token": token, "ttl": ttl_ms}
        return one(script("lock", {"lock": keys.lock(name)}, about), lambda held: bool(held == 1))

    return in_the_first(ask)


def give_back(name: str, token: str) -> Call[None]:
    """Deletes the lock if the token holds it."""

    def ask(keys: Keys) -> Asked[None]:
        return one(script("unlock", {"lock": keys.lock(name)}, {"token": token}), nothing)

    return in_the_first(ask)
