"""Commands about webhooks: the outbox of each target, its deliveries, and workflows that may have
ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Notice(NamedTuple):
    """An event for a webhook target; its body is sent as it is."""

    target: str
    id: str
    body: bytes


class Told(NamedTuple):
    """What a commit leaves for webhooks, and the workflows that may have ended by it."""

    notices: tuple[Notice, ...] = ()
    workflows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """-> None: stores events for webhooks that come of no commit, each due now, in the partition of
    the task or workflow that they are about."""

    subject: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class TakeEvents:
    """-> list[Taken]: a target's events that are due, about `limit`, which nobody else is given
    before `until_ms`; their attempts are counted here, so that those of a sender that dies
    count."""

    target: str
    now_ms: int
    until_ms: int
    limit: int


class Taken(NamedTuple):
    """An event to send: its partition, id and body, and how often it was taken."""

    place: int
    id: str
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class SettleEvent:
    """-> None: an event was sent, or was not; it is over, or due again at `again_ms`."""

    place: int
    target: str
    id: str
    again_ms: int | None = None
    #: Which count grows: "delivered" or "failed"; "" for none.
    outcome: str = ""
    #: What is kept of the attempt, to be seen and sent again.
    delivery: bytes = b""
    #: Whether the attempt was not made after all.
    unmade: bool = False


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """-> list[Outbox]: the figures of several targets' events, in order."""

    targets: tuple[str, ...]


class Outbox(NamedTuple):
    """How many events of a target wait, and how many were delivered, given up and dropped."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Deliveries:
    """-> list[bytes]: what is kept of a target's last attempts, 100 of each partition."""

    target: str


@dataclass(frozen=True, slots=True)
class MayHaveEnded:
    """-> list[str]: ids of workflows in which a member has ended, which nobody else is given before
    `until_ms` unless another member ends."""

    now_ms: int
    until_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class LookedForEnd:
    """-> None: a workflow that `MayHaveEnded` gave was looked at: again at `again_ms`, or not, as
    long as no member has ended since."""

    workflow_id: str
    until_ms: int
    again_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SwitchTarget:
    """-> None: switches a webhook target off, at a time, or on again (None)."""

    target: str
    off_ms: int | None


@dataclass(frozen=True, slots=True)
class TargetsOff:
    """-> dict[str, int]: the webhook targets that are switched off, and since when."""
