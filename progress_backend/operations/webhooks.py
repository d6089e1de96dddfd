"""Webhooks: the events that wait for each target, and workflows that may have ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from .call import Call, Requests, at, everywhere, listed, one
from .commit import Given
from .keys import Keys
from .scripts import script
from .values import nothing, text, texts, whole

#: Most events of one target, and most of their bytes, that wait in a partition.
MOST: Final = 10_000
MOST_BYTES: Final = 32 * 1024 * 1024
#: How long (ms) events and counts are kept after the last event: longer than all attempts take.
KEPT_MS: Final = 7 * 86_400_000
_COUNTS: Final = ("delivered", "failed", "dropped")


class Notice(NamedTuple):
    """An event for a webhook target; its body is sent as it is."""

    target: str
    id: str
    body: bytes


def stored(keys: Keys, notices: Sequence[Notice]) -> Given:
    """The keys and arguments with which `webhook_event.lua` stores events."""
    names = [
        name
        for notice in notices
        for name in (keys.webhook_events(notice.target), keys.webhook_counts(notice.target))
    ]
    bounds = {"most": MOST, "bytes": MOST_BYTES, "kept": KEPT_MS}
    return Given({}, bounds, names, [part for each in notices for part in (each.id, each.body)])


def store(workflow_id: str, notices: tuple[Notice, ...]) -> Call[None]:
    """Stores events of a workflow's end, in the partition of its id."""
    return at(
        workflow_id, lambda keys: one(script("webhook_event", *stored(keys, notices)), nothing)
    )


class Taken(NamedTuple):
    """An event to send: its entry in the stream, its id and body, and how often it was taken."""

    entry: str
    id: str
    body: bytes
    attempt: int


def _names(keys: Keys, target: str) -> dict[str, str]:
    return {"events": keys.webhook_events(target), "counts": keys.webhook_counts(target)}


def take(place: int, target: str, lease_ms: int) -> Call[Taken | None]:
    """A target's next event in a partition, which no other sender gets for `lease_ms`. The attempt
    is counted here, so that it counts even if the sender dies."""

    def parse(reply: list[Any]) -> Taken | None:
        if not reply:
            return None
        entry, event_id, body, attempt = reply
        return Taken(text(entry), text(event_id), body, attempt)

    def ask(keys: Keys) -> Requests[Taken | None]:
        return one(script("take", _names(keys, target), {"lease": lease_ms}), parse)

    return Call(lambda layout: ask(layout.keys[place]))


def settle(place: int, target: str, taken: Taken, outcome: str, pause_s: float = 0) -> Call[None]:
    """Removes an event that was taken, and adds to the count `outcome`: "delivered" or "failed".
    For "" it is due again after `pause_s`; a stream keeps a consumer for each length of a pause, so
    there have to be few."""

    def ask(keys: Keys) -> Requests[None]:
        about = {"entry": taken.entry, "bytes": len(taken.body), "outcome": outcome}
        return one(
            script("settle", _names(keys, target), about | {"pause": int(pause_s * 1000)}), nothing
        )

    return Call(lambda layout: ask(layout.keys[place]))


class TargetCounts(NamedTuple):
    """How many events of a target wait, and how many were delivered, given up and dropped."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0


def figures(targets: Sequence[str]) -> Call[list[TargetCounts]]:
    """The figures of several targets' events, in order."""

    def ask(keys: Keys) -> Requests[list[TargetCounts]]:
        each = (
            (("XLEN", keys.webhook_events(name)), ("HMGET", keys.webhook_counts(name), *_COUNTS))
            for name in targets
        )
        return Requests(list(chain(*each)), parse)

    def parse(replies: list[Any]) -> list[TargetCounts]:
        each = zip(replies[::2], replies[1::2], strict=True)
        return [
            TargetCounts(n or 0, *(whole(one or 0) for one in counts or ())) for n, counts in each
        ]

    return everywhere(ask)


def may_have_ended(now_ms: int, free_ms: float, limit: int) -> Call[list[str]]:
    """Ids of workflows in which a member has ended, which no other sender gets before `free_ms`
    unless another member ends."""

    def ask(keys: Keys) -> Requests[list[str]]:
        about = {"now": now_ms, "free": free_ms, "limit": limit}
        return one(script("may_have_ended", {"workflows": keys.may_have_ended}, about), texts)

    return everywhere(ask, listed())


def looked(free_ms: float, again: Sequence[str], again_ms: int) -> Call[None]:
    """Removes the workflows that `may_have_ended` returned for this `free_ms`, but for those of
    `again`, which are checked again at `again_ms`. One in which a member has ended since stays."""

    def ask(keys: Keys) -> Requests[None]:
        name, each = keys.may_have_ended, [part for one in again for part in (again_ms, one)]
        over = ("ZREMRANGEBYSCORE", name, free_ms, free_ms)
        return Requests([*([("ZADD", name, "XX", "LT", *each)] if each else []), over], nothing)

    return everywhere(ask)
