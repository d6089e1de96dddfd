"""Commands about what happened to a task: its timeline, which commits write, and the samples of its
runs."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...record import room
from ...record.samples import ATTEMPTS
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, of_its_task
from .values import nothing


def remembered(commit: c.Commit, keys: Keys) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The keys and arguments of a commit's script that are about the task's timeline."""
    if not commit.entries:
        return (), ()
    return (keys.timeline(commit.task_id),), (room.TIMELINE, room.AROUND, *commit.entries)


def remember_in_memory(state: MemoryState, commit: c.Commit) -> None:
    """Adds a commit's entries to its task's timeline in memory."""
    gone, known = state.timelines.get(commit.task_id, (0, []))
    entries = [*known, *commit.entries]
    while sum(map(room.cost, entries)) > room.TIMELINE:
        del entries[0]
        gone += 1
    state.timelines[commit.task_id] = gone, entries


def _read(command: c.ReadTimeline, keys: Keys) -> list[Request]:
    entries: Request = (
        *("XRANGE", keys.timeline(command.task_id)),
        *("-", "+", "COUNT", room.TIMELINE // room.AROUND),
    )
    if not command.attempts:
        return [entries]
    return [entries, ("HMGET", keys.samples(command.task_id), *command.attempts)]


def _found(command: c.ReadTimeline, replies: list[Any]) -> c.Timeline:
    stored, *samples = replies
    entries = [_entry(each) for each in stored or ()]
    gone = int(stored[0][0].partition(b"-")[2]) if stored else 0
    points = zip(command.attempts, (samples and samples[0]) or (), strict=False)
    kept = {attempt: text for attempt, text in points if text is not None}
    return c.Timeline(gone, tuple(entries), kept)


def _entry(entry: Any) -> bytes:
    fields = entry[1]
    values = fields.values() if isinstance(fields, dict) else fields[1::2]
    return next(iter(values), b"")


def _read_in_memory(state: MemoryState, command: c.ReadTimeline) -> c.Timeline:
    if state.document(command.task_id) is None:
        return c.Timeline()
    gone, entries = state.timelines.get(command.task_id, (0, []))
    samples = state.samples.get(command.task_id, {})
    return c.Timeline(
        gone, tuple(entries), {n: text for n, text in samples.items() if n in command.attempts}
    )


def _keep(command: c.KeepSamples, keys: Keys) -> list[Request]:
    names = [keys.samples(command.task_id), keys.task(command.task_id)]
    about = (command.attempt, command.points, command.ttl_ms, ATTEMPTS, room.SAMPLES)
    return [evalsha(scripts.SAMPLES, names, *about)]


def _keep_in_memory(state: MemoryState, command: c.KeepSamples) -> None:
    if state.document(command.task_id) is not None:
        kept = state.samples.setdefault(command.task_id, {})
        kept[command.attempt] = command.points
        size = len(command.points)
        for number in sorted(kept.keys() - {command.attempt}, reverse=True):
            size += len(kept[number])
            if size > room.SAMPLES or number <= command.attempt - ATTEMPTS:
                del kept[number]


TABLE: dict[type[c.Command], Entry] = {
    c.ReadTimeline: Entry(_read, _found, _read_in_memory, of_its_task),
    c.KeepSamples: Entry(_keep, nothing, _keep_in_memory, of_its_task),
}
