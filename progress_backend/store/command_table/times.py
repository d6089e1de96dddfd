"""Commands about the histograms of how long tasks waited and ran."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ...record import times_taken
from ...record.times_taken import BOUNDS, KINDS, MOST_TYPES, OTHERS, Histogram
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, Part
from .values import nothing, text, whole

_BUCKETS: Final = len(BOUNDS) + 1
_SUM: Final = "sum"


def times_of(commit: c.Commit) -> tuple[Any, ...]:
    """The times of a commit as its script takes them."""
    task_type = commit.after.task_type
    return tuple(
        part for took in commit.took for part in (took.kind, took.bucket, task_type, took.us)
    )


def take_in_memory(state: MemoryState, commit: c.Commit) -> None:
    """Counts the times of a commit in memory."""
    for took in commit.took:
        name = took.kind, commit.after.task_type
        own = [t for kind, t in state.times if kind == took.kind and t != OTHERS]
        if name not in state.times and len(own) >= MOST_TYPES:
            name = took.kind, OTHERS
        counts = tuple(int(place == took.bucket) for place in range(_BUCKETS))
        known = state.times.get(name, Histogram())
        state.times[name] = known.plus(Histogram(counts, took.us))


def _histograms(command: c.Times, replies: list[Any]) -> c.Histograms:
    found: dict[tuple[str, str], list[int]] = {}
    for name, stored in _fields(replies[0]):
        kind, place, *rest = text(name).split("|", 2)
        if kind not in KINDS or not rest:
            continue
        numbers = found.setdefault((kind, rest[0]), [0] * (_BUCKETS + 1))
        if place == _SUM:
            numbers[-1] = whole(stored)
        elif place.isdecimal() and int(place) < _BUCKETS:
            numbers[int(place)] = whole(stored)
    return {name: Histogram(tuple(numbers[:-1]), numbers[-1]) for name, numbers in found.items()}


def _fields(reply: Any) -> Iterator[tuple[bytes, bytes]]:
    """The fields of a hash, from a dictionary or a flat list."""
    if isinstance(reply, dict):
        return iter(reply.items())
    flat = reply or []
    return zip(flat[::2], flat[1::2], strict=True)


def _merged(
    command: c.Times, layout: Layout, parts: list[Part], replies: list[c.Histograms]
) -> c.Histograms:
    return times_taken.merged(replies)


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
    about = (_BUCKETS, len(KINDS), *KINDS)
    return [evalsha(scripts.FORGET_TIMES, [keys.times], *about, *command.task_types)]


def _forget_in_memory(state: MemoryState, command: c.ForgetTimes) -> None:
    for kind in KINDS:
        for task_type in command.task_types:
            state.times.pop((kind, task_type), None)


TABLE: dict[type[c.Command], Entry] = {
    c.Times: Entry(
        lambda _, keys: [("HGETALL", keys.times)],
        _histograms,
        lambda state, _: dict(state.times),
        merge=_merged,
    ),
    c.Unused: Entry(_unused, _unused_types, _unused_in_memory, merge=_in_no_partition),
    c.ForgetTimes: Entry(_forget, nothing, _forget_in_memory),
}
