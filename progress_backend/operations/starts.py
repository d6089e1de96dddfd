"""Starts of jobs with an Idempotency-Key: which caller publishes, and whether it has."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from ..errors import InvalidEvent
from .call import Call, Requests, at, one
from .keys import Keys
from .scripts import script
from .values import text

#: Milliseconds after which a claim of a creator that has not ended it counts no more: it has died.
_STALE_MS: Final = 30_000
#: Milliseconds for which a mark is kept without a record; with it, for as long as that.
_TTL_MS: Final = 8 * 86_400_000
_MAX_KEY: Final = 200

State = Literal["publishing", "published", "free"]


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

    def ask(keys: Keys) -> Requests[Claim]:
        names = {"mark": keys.start(task_id), "task": keys.task(task_id)}
        return one(script("claim_start", names, about), parse)

    def parse(reply: list[Any]) -> Claim:
        standing, *claimed = reply
        if not claimed:
            return Claim(text(standing))
        return Claim(text(standing), text(claimed[0]), bool(claimed[1]))

    return at(task_id, ask)


def end(task_id: str, mark: str, state: State) -> Call[str]:
    """Notes that a claimed start was published, or that its publish failed, so that the key is free
    again, or that it goes on, so that the claim counts from now on; the mark as it is now."""
    about = {"claim": mark, "state": state}
    return at(
        task_id, lambda keys: one(script("end_claim", {"mark": keys.start(task_id)}, about), text)
    )


def unquoted(key: str) -> str:
    """An Idempotency-Key; one in quotes, as the IETF's draft has it, is the same as without.

    Raises:
        InvalidEvent: it cannot be used.
    """
    text = key.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not 1 <= len(text) <= _MAX_KEY or not (text.isascii() and text.isprintable()):
        raise InvalidEvent(f"an Idempotency-Key has 1 to {_MAX_KEY} printable characters")
    return text


def kept_message(task_id: str) -> Call[bytes | None]:
    """Reads what a task was published with, as it is stored; None if that is not kept."""

    def parse(reply: object) -> bytes | None:
        return reply if isinstance(reply, bytes) else None

    return at(task_id, lambda keys: one(("GET", keys.message(task_id)), parse))
