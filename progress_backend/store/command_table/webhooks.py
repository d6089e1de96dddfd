"""Commands about webhooks: the outbox of each target, its deliveries, and workflows that may have
ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from .. import scripts
from ..memory_state import MemoryState, OutboxState
from ..requests import Request, evalsha
from .entry import Entry, Part, in_the_first
from .values import nothing, pairs, text, whole

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


def note_in_memory(state: MemoryState, told: c.Told) -> None:
    """Leaves events for webhooks in memory."""
    now_ms = int(state.clock() * 1000)
    state.may_have_ended |= dict.fromkeys(told.workflows, now_ms)
    while len(state.may_have_ended) > MOST:
        del state.may_have_ended[next(iter(state.may_have_ended))]
    for target, event_id, body in told.notices:
        outbox = state.outboxes.setdefault(target, OutboxState())
        outbox.waiting.setdefault(event_id, body)
        outbox.due[event_id] = now_ms
        while len(outbox.waiting) > MOST or sum(map(len, outbox.waiting.values())) > MOST_BYTES:
            _forget(outbox, next(iter(outbox.waiting)))
            outbox.counts["dropped"] = outbox.counts.get("dropped", 0) + 1


def _forget(outbox: OutboxState, event_id: str) -> None:
    for kept in (outbox.waiting, outbox.due, outbox.attempts):
        kept.pop(event_id, None)


def _note(command: c.Note, keys: Keys) -> list[Request]:
    names, given = noted(c.Told(command.notices), keys)
    return [evalsha(scripts.NOTE, names, *given)]


def _of_its_subject(command: c.Note, layout: Layout) -> list[Part]:
    return [(layout.place(command.subject), command)]


def _take(command: c.TakeEvents, keys: Keys) -> list[Request]:
    outbox, due, _, attempts, _ = _outbox(command.target, keys)
    about = (command.now_ms, command.until_ms, command.limit, _KEPT_MS)
    return [evalsha(scripts.TAKE, [outbox, due, attempts], *about)]


def _taken(command: c.TakeEvents, replies: list[Any]) -> list[c.Taken]:
    found = replies[0]
    each = zip(found[::3], found[1::3], found[2::3], strict=True)
    return [c.Taken(0, text(event_id), body, int(attempt)) for event_id, body, attempt in each]


def _taken_somewhere(
    command: c.TakeEvents, layout: Layout, parts: list[Part], replies: list[list[c.Taken]]
) -> list[c.Taken]:
    found = zip(parts, replies, strict=True)
    return [taken._replace(place=place) for (place, _), several in found for taken in several]


def _take_in_memory(state: MemoryState, command: c.TakeEvents) -> list[c.Taken]:
    outbox = state.outboxes.get(command.target, OutboxState())
    due = sorted((at, i) for i, at in outbox.due.items() if at <= command.now_ms)
    taken = []
    for _, event_id in due[: command.limit]:
        outbox.due[event_id] = command.until_ms
        attempt = outbox.attempts[event_id] = outbox.attempts.get(event_id, 0) + 1
        taken.append(c.Taken(0, event_id, outbox.waiting[event_id], attempt))
    return taken


def _settle(command: c.SettleEvent, keys: Keys) -> list[Request]:
    names = [*_outbox(command.target, keys), keys.deliveries(command.target)]
    again = "" if command.again_ms is None else command.again_ms
    about = (command.id, again, command.outcome, command.delivery, _KEPT)
    return [evalsha(scripts.SETTLE, names, *about, int(command.unmade), _KEPT_MS)]


def _at_its_place(command: c.SettleEvent, layout: Layout) -> list[Part]:
    return [(command.place, command)]


def _settle_in_memory(state: MemoryState, command: c.SettleEvent) -> None:
    outbox = state.outboxes.setdefault(command.target, OutboxState())
    if command.again_ms is None:
        _forget(outbox, command.id)
    elif command.id in outbox.due:
        outbox.due[command.id] = command.again_ms
        outbox.attempts[command.id] = outbox.attempts.get(command.id, 0) - int(command.unmade)
    if command.outcome:
        outbox.counts[command.outcome] = outbox.counts.get(command.outcome, 0) + 1
    if command.delivery:
        outbox.deliveries = [command.delivery, *outbox.deliveries][:_KEPT]


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


def _outboxes_in_memory(state: MemoryState, command: c.OutboxFigures) -> list[c.Outbox]:
    known = (state.outboxes.get(one, OutboxState()) for one in command.targets)
    return [
        c.Outbox(len(one.waiting), *(one.counts.get(name, 0) for name in _COUNTS)) for one in known
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
    return [evalsha(scripts.MAY_HAVE_ENDED, [keys.may_have_ended], *about)]


def _ended_in_memory(state: MemoryState, command: c.MayHaveEnded) -> list[str]:
    due = sorted((at, i) for i, at in state.may_have_ended.items() if at <= command.now_ms)
    found = [workflow_id for _, workflow_id in due[: command.limit]]
    state.may_have_ended |= dict.fromkeys(found, command.until_ms)
    return found


def _looked(command: c.LookedForEnd, keys: Keys) -> list[Request]:
    again = "" if command.again_ms is None else command.again_ms
    about = (command.workflow_id, command.until_ms, again)
    return [evalsha(scripts.LOOKED_FOR_END, [keys.may_have_ended], *about)]


def _looked_in_memory(state: MemoryState, command: c.LookedForEnd) -> None:
    if state.may_have_ended.get(command.workflow_id) != command.until_ms:
        return
    if command.again_ms is None:
        del state.may_have_ended[command.workflow_id]
    else:
        state.may_have_ended[command.workflow_id] = command.again_ms


def _switch(command: c.SwitchTarget, keys: Keys) -> list[Request]:
    if command.off_ms is None:
        return [("HDEL", keys.targets_off, command.target)]
    return [("HSET", keys.targets_off, command.target, command.off_ms)]


def _switch_in_memory(state: MemoryState, command: c.SwitchTarget) -> None:
    if command.off_ms is None:
        state.targets_off.pop(command.target, None)
    else:
        state.targets_off[command.target] = command.off_ms


def _off(command: c.TargetsOff, replies: list[Any]) -> dict[str, int]:
    found = replies[0] or []
    each = found.items() if isinstance(found, dict) else pairs(found)
    return {text(target): whole(off_ms) for target, off_ms in each}


TABLE: dict[type[c.Command], Entry] = {
    c.Note: Entry(
        _note,
        nothing,
        lambda state, command: note_in_memory(state, c.Told(command.notices)),
        _of_its_subject,
    ),
    c.TakeEvents: Entry(_take, _taken, _take_in_memory, merge=_taken_somewhere),
    c.SettleEvent: Entry(_settle, nothing, _settle_in_memory, _at_its_place),
    c.OutboxFigures: Entry(_figures, _outboxes, _outboxes_in_memory, merge=_sums),
    c.Deliveries: Entry(
        lambda command, keys: [("LRANGE", keys.deliveries(command.target), 0, -1)],
        lambda _, replies: replies[0] or [],
        lambda state, command: list(state.outboxes.get(command.target, OutboxState()).deliveries),
        merge=_all_of_them,
    ),
    c.MayHaveEnded: Entry(
        _ended,
        lambda _, replies: [text(workflow_id) for workflow_id in replies[0]],
        _ended_in_memory,
        merge=_all_of_them,
    ),
    c.LookedForEnd: Entry(_looked, nothing, _looked_in_memory),
    c.SwitchTarget: Entry(_switch, nothing, _switch_in_memory, in_the_first),
    c.TargetsOff: Entry(
        lambda _, keys: [("HGETALL", keys.targets_off)],
        _off,
        lambda state, _: dict(state.targets_off),
        in_the_first,
    ),
}
