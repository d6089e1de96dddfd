"""Commands about webhooks: the outbox of each target, its deliveries, and workflows that may have
ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import pairs, text, whole
from .entry import Entry, Part, in_the_first, nothing

#: Events of one target, and their bytes, that wait in a partition at most.
MOST: Final = 10_000
MOST_BYTES: Final = 32 * 1024 * 1024
#: Attempts that are kept, and how long all of it is kept after the last event: longer than the
#: last attempt is away.
_KEPT: Final = 100
_KEPT_MS: Final = 7 * 86_400_000
_COUNTS: Final = ("delivered", "failed", "dropped")


def noted(told: c.Told | None, keys: Keys) -> tuple[list[str], list[Any]]:
    """The last keys and arguments of a script that leaves events for webhooks; none mostly."""
    if told is None:
        return [], []
    names = [keys.may_have_ended]
    given: list[Any] = [MOST, MOST_BYTES, _KEPT_MS, len(told.workflows), *told.workflows]
    for notice in told.notices:
        names += _outbox(notice.target, keys)
        given += (notice.id, notice.body)
    return names, given


def _outbox(target: str, keys: Keys) -> list[str]:
    return [
        keys.outbox(target),
        keys.outbox_due(target),
        keys.outbox_age(target),
        keys.outbox_attempts(target),
        keys.outbox_counts(target),
    ]


def _note(command: c.Note, keys: Keys) -> list[Request]:
    names, given = noted(c.Told(command.notices), keys)
    return [evalsha(SCRIPTS["note"], names, *given)]


def _of_its_subject(command: c.Note, layout: Layout) -> list[Part]:
    return [(layout.place(command.subject), command)]


def _take(command: c.TakeEvents, keys: Keys) -> list[Request]:
    outbox, due, _, attempts, _ = _outbox(command.target, keys)
    about = (command.now_ms, command.until_ms, command.limit, _KEPT_MS)
    return [evalsha(SCRIPTS["take"], [outbox, due, attempts], *about)]


def _taken(command: c.TakeEvents, replies: list[Any]) -> list[c.Taken]:
    found = replies[0]
    each = zip(found[::3], found[1::3], found[2::3], strict=True)
    return [c.Taken(0, text(event_id), body, int(attempt)) for event_id, body, attempt in each]


def _taken_somewhere(
    command: c.TakeEvents, layout: Layout, parts: list[Part], replies: list[list[c.Taken]]
) -> list[c.Taken]:
    found = zip(parts, replies, strict=True)
    return [taken._replace(place=place) for (place, _), several in found for taken in several]


def _settle(command: c.SettleEvent, keys: Keys) -> list[Request]:
    names = [*_outbox(command.target, keys), keys.deliveries(command.target)]
    again = "" if command.again_ms is None else command.again_ms
    about = (command.id, again, command.outcome, command.delivery, _KEPT)
    return [evalsha(SCRIPTS["settle"], names, *about, int(command.unmade), _KEPT_MS)]


def _at_its_place(command: c.SettleEvent, layout: Layout) -> list[Part]:
    return [(command.place, command)]


def _figures(command: c.OutboxFigures, keys: Keys) -> list[Request]:
    asked = (
        (("HLEN", keys.outbox(one)), ("HMGET", keys.outbox_counts(one), *_COUNTS))
        for one in command.targets
    )
    return list(chain.from_iterable(asked))


def _outboxes(command: c.OutboxFigures, replies: list[Any]) -> list[c.Outbox]:
    each = zip(replies[::2], replies[1::2], strict=True)
    return [
        c.Outbox(waiting or 0, *(whole(count or 0) for count in counts or [0] * len(_COUNTS)))
        for waiting, counts in each
    ]


def _sums(
    command: c.OutboxFigures, layout: Layout, parts: list[Part], replies: list[list[c.Outbox]]
) -> list[c.Outbox]:
    return [c.Outbox(*map(sum, zip(*own, strict=True))) for own in zip(*replies, strict=True)]


def _all_of_them(
    command: c.Command, layout: Layout, parts: list[Part], replies: Sequence[list[Any]]
) -> list[Any]:
    return list(dict.fromkeys(chain(*replies)))


def _ended(command: c.MayHaveEnded, keys: Keys) -> list[Request]:
    about = (command.now_ms, command.until_ms, command.limit)
    return [evalsha(SCRIPTS["may_have_ended"], [keys.may_have_ended], *about)]


def _looked(command: c.LookedForEnd, keys: Keys) -> list[Request]:
    again = "" if command.again_ms is None else command.again_ms
    about = (command.workflow_id, command.until_ms, again)
    return [evalsha(SCRIPTS["looked_for_end"], [keys.may_have_ended], *about)]


def _switch(command: c.SwitchTarget, keys: Keys) -> list[Request]:
    if command.off_ms is None:
        return [("HDEL", keys.targets_off, command.target)]
    return [("HSET", keys.targets_off, command.target, command.off_ms)]


def _off(command: c.TargetsOff, replies: list[Any]) -> dict[str, int]:
    found = replies[0] or []
    each = found.items() if isinstance(found, dict) else pairs(found)
    return {text(target): whole(off_ms) for target, off_ms in each}


TABLE: dict[type[c.Command], Entry] = {
    c.Note: Entry(
        _note,
        nothing,
        _of_its_subject,
    ),
    c.TakeEvents: Entry(_take, _taken, merge=_taken_somewhere),
    c.SettleEvent: Entry(_settle, nothing, _at_its_place),
    c.OutboxFigures: Entry(_figures, _outboxes, merge=_sums),
    c.Deliveries: Entry(
        lambda command, keys: [("LRANGE", keys.deliveries(command.target), 0, -1)],
        lambda _, replies: replies[0] or [],
        merge=_all_of_them,
    ),
    c.MayHaveEnded: Entry(
        _ended,
        lambda _, replies: [text(workflow_id) for workflow_id in replies[0]],
        merge=_all_of_them,
    ),
    c.LookedForEnd: Entry(_looked, nothing),
    c.SwitchTarget: Entry(_switch, nothing, in_the_first),
    c.TargetsOff: Entry(
        lambda _, keys: [("HGETALL", keys.targets_off)],
        _off,
        in_the_first,
    ),
}
