"""Commands about how long tasks waited and ran."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ...record.times_taken import KINDS, MOST_TOTALS, OTHERS, Total
from ..memory_state import MemoryState
from ..requests import Request
from .entry import Entry, Part
from .values import nothing, text, whole

#: What stands in a field's name, and what of a total it holds.
_PARTS: Final = {"count": "number", "sum": "us"}


def times_of(commit: c.Commit) -> tuple[Any, ...]:
    """The times of a commit as its script takes them."""
    task_type = commit.after.task_type
    return tuple(part for took in commit.took for part in (took.kind, task_type, took.us))


def take_in_memory(state: MemoryState, commit: c.Commit) -> None:
    """Counts the times of a commit in memory."""
    for took in commit.took:
        name = took.kind, commit.after.task_type
        if name not in state.times and len(state.times) >= MOST_TOTALS:
            name = took.kind, OTHERS
        known = state.times.get(name, Total())
        state.times[name] = Total(known.number + 1, known.us + took.us)


def _totals(command: c.Times, replies: list[Any]) -> c.Totals:
    found: c.Totals = {}
    for name, stored in _fields(replies[0]):
        kind, part, *rest = text(name).split("|", 2)
        if kind in KINDS and part in _PARTS and rest:
            known = found.get((kind, rest[0]), Total())
            found[kind, rest[0]] = known._replace(**{_PARTS[part]: whole(stored)})
    return found


def _fields(reply: Any) -> Iterator[tuple[bytes, bytes]]:
    """The fields of a hash, from a dictionary or a flat list."""
    if isinstance(reply, dict):
        return iter(reply.items())
    flat = reply or []
    return zip(flat[::2], flat[1::2], strict=True)


def _merged(
    command: c.Times, layout: Layout, parts: list[Part], replies: list[c.Totals]
) -> c.Totals:
    found: c.Totals = {}
    for name, total in chain.from_iterable(own.items() for own in replies):
        known = found.get(name, Total())
        found[name] = Total(known.number + total.number, known.us + total.us)
    return found


def _unused(command: c.Unused, keys: Keys) -> list[Request]:
    return [
        ("EXISTS", keys.index(task_type=task_type), keys.runs(task_type))
        for task_type in command.task_types
    ]


def _unused_types(command: c.Unused, replies: list[Any]) -> list[str]:
    pairs = zip(command.task_types, replies, strict=True)
    return [task_type for task_type, there in pairs if not there]


def _unused_in_memory(state: MemoryState, command: c.Unused) -> list[str]:
    stored, now = {facets.task_type for facets in state.facets.values()}, state.clock()
    used = stored | {task_type for task_type, (_, until) in state.runs.items() if until > now}
    return [task_type for task_type in command.task_types if task_type not in used]


def _in_no_partition(
    command: c.Unused, layout: Layout, parts: list[Part], replies: list[list[str]]
) -> list[str]:
    return [t for t in command.task_types if all(t in unused for unused in replies)]


def _forget(command: c.ForgetTimes, keys: Keys) -> list[Request]:
    names = [f"{k}|{part}|{t}" for k in KINDS for part in _PARTS for t in command.task_types]
    return [("HDEL", keys.times, *names)]


def _forget_in_memory(state: MemoryState, command: c.ForgetTimes) -> None:
    for kind in KINDS:
        for task_type in command.task_types:
            state.times.pop((kind, task_type), None)


TABLE: dict[type[c.Command], Entry] = {
    c.Times: Entry(
        lambda _, keys: [("HGETALL", keys.times)],
        _totals,
        lambda state, _: dict(state.times),
        merge=_merged,
    ),
    c.Unused: Entry(_unused, _unused_types, _unused_in_memory, merge=_in_no_partition),
    c.ForgetTimes: Entry(_forget, nothing, _forget_in_memory),
}
