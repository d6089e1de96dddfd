"""Keyed starts of jobs: which caller publishes, and whether it has."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from .call import Asked, Call, at, one
from .keys import Keys
from .scripts import script
from .values import text

#: Milliseconds after which a claim of a creator that has not ended it counts no more: it has died.
_STALE_MS: Final = 30_000
#: Milliseconds for which a mark is kept; without the record it does not count.
_TTL_MS: Final = 8 * 86_400_000


class Claim(NamedTuple):
    """How a keyed start stands ("claimed", "publishing", "published", "other" or "foreign"), and
    the mark of a claim, which `end` takes."""

    standing: str
    mark: str = ""
    #: Whether a claimed start has a record already.
    there: bool = False


def claim(task_id: str, digest: str) -> Call[Claim]:
    """Claims the id of a keyed start with arguments of this digest."""
    about = {"digest": digest, "stale": _STALE_MS, "ttl": _TTL_MS}

    def ask(keys: Keys) -> Asked[Claim]:
        names = {"mark": keys.start(task_id), "task": keys.task(task_id)}
        return one(script("claim_start", names, about), parse)

    def parse(reply: list[Any]) -> Claim:
        standing, *claimed = reply
        if not claimed:
            return Claim(text(standing))
        return Claim(text(standing), text(claimed[0]), bool(claimed[1]))

    return at(task_id, ask)


def end(task_id: str, mark: str, state: Literal["publishing", "published", "free"]) -> Call[str]:
    """Notes that a claimed start was published, or that its publish failed, so that the key is free
    again, or that it goes on, so that the claim counts from now on; the mark as it is now."""
    about = {"claim": mark, "state": state}
    return at(
        task_id, lambda keys: one(script("end_claim", {"mark": keys.start(task_id)}, about), text)
    )
