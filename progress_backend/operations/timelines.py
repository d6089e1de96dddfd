"""What happened to a task: its timeline, which commits write, and the samples of its attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..record import room
from ..record.samples import ATTEMPTS
from .call import Asked, Call, at, one
from .keys import Keys
from .scripts import script
from .values import nothing


class Timeline(NamedTuple):
    """The newest entries of a task's timeline as they are stored, how many before them are gone,
    and the samples of each attempt that has some."""

    gone: int = 0
    entries: tuple[bytes, ...] = ()
    samples: Mapping[int, bytes] = MappingProxyType({})


def read(task_id: str, attempts: Sequence[int] = ()) -> Call[Timeline]:
    """What is kept of a task's past, with the samples of these attempts."""

    def ask(keys: Keys) -> Asked[Timeline]:
        bounds = ("-", "+", "COUNT", room.TIMELINE // room.AROUND)
        entries = ("XRANGE", keys.timeline(task_id), *bounds)
        samples = [("HMGET", keys.samples(task_id), *attempts)] if attempts else []
        return Asked([entries, *samples], parse)

    def parse(replies: list[Any]) -> Timeline:
        stored, *samples = replies
        entries = [_entry(each) for each in stored or ()]
        gone = int(stored[0][0].partition(b"-")[2]) if stored else 0
        points = zip(attempts, (samples and samples[0]) or (), strict=False)
        kept = {attempt: text for attempt, text in points if text is not None}
        return Timeline(gone, tuple(entries), kept)

    return at(task_id, ask)


def _entry(entry: Any) -> bytes:
    fields = entry[1]
    values = fields.values() if isinstance(fields, dict) else fields[1::2]
    return next(iter(values), b"")


def keep_samples(task_id: str, attempt: int, points: bytes, ttl_ms: int) -> Call[None]:
    """Keeps the samples of a run in place of its earlier ones, for `ttl_ms` at least; nothing where
    the task has no record."""

    def ask(keys: Keys) -> Asked[None]:
        names = {"samples": keys.samples(task_id), "task": keys.task(task_id)}
        about = {"attempt": attempt, "points": points, "ttl": ttl_ms}
        about |= {"attempts": ATTEMPTS, "most": room.SAMPLES}
        return one(script("samples", names, about), nothing)

    return at(task_id, ask)
