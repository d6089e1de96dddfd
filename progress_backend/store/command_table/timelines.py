"""Commands about what happened to a task: its timeline, which commits write, and the samples of its
runs."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...record import room
from ...record.samples import ATTEMPTS
from .. import scripts
from ..requests import Request, evalsha
from .entry import Entry, of_its_task
from .values import nothing


def remembered(commit: c.Commit, keys: Keys) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The keys and arguments of a commit's script that are about the task's timeline."""
    if not commit.entries:
        return (), ()
    return (keys.timeline(commit.task_id),), (room.TIMELINE, room.AROUND, *commit.entries)


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


def _keep(command: c.KeepSamples, keys: Keys) -> list[Request]:
    names = [keys.samples(command.task_id), keys.task(command.task_id)]
    about = (command.attempt, command.points, command.ttl_ms, ATTEMPTS, room.SAMPLES)
    return [evalsha(scripts.SAMPLES, names, *about)]


TABLE: dict[type[c.Command], Entry] = {
    c.ReadTimeline: Entry(_read, _found, of_its_task),
    c.KeepSamples: Entry(_keep, nothing, of_its_task),
}
