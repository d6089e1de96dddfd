"""A task's timeline as a reader gets it: the stored entries and those of the record, in order;
pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from .json_text import document_of, parsed
from .local_time import beside, moment
from .model import Task, rendered
from .timeline import TimelineEntry, of_record

#: The order of one run's entries within a millisecond; others are in the order of their commits.
_PLACES: Final[Mapping[str, int]] = {"created": 0, "redelivered": 1, "started": 2, "ended": 4}
#: The entries that show code of the site.
_STACKS: Final = ("stack", "traceback")
_read: Final = msgspec.json.Decoder(TimelineEntry).decode


def read(task: Task, stored: Sequence[bytes]) -> list[TimelineEntry]:
    """The timeline of a record: the stored entries and those of the record, the oldest first."""
    entries = [entry for each in stored if (entry := _parsed(each)) is not None]
    entries, born = _in_order(entries + of_record(task)), task.created_at
    return [replace(entry, time=rendered(beside(moment(entry.time), born))) for entry in entries]


def _in_order(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The entries by their times, those of one millisecond by their runs: a run that is retried at
    once can start again within the millisecond of its retry."""
    times = [moment(entry.time) for entry in entries]
    newest: dict[datetime, int] = {}
    for time, entry in zip(times, entries, strict=True):
        newest[time] = max(newest.get(time, 0), _run(entry, 0))

    def place(numbered: tuple[datetime, TimelineEntry]) -> tuple[datetime, int, int]:
        time, entry = numbered
        return time, _run(entry, newest[time]), _PLACES.get(entry.event, 3)

    return [entry for _, entry in sorted(zip(times, entries, strict=True), key=place)]


def _run(entry: TimelineEntry, otherwise: int) -> int:
    """The number of an entry's run; a creation is before all runs."""
    if entry.event == "created":
        return 0
    return otherwise if entry.attempt is None else entry.attempt


def without_stacks(timeline: bytes) -> bytes | None:
    """A timeline for readers who may not see code of the site; None if it has none."""
    body = parsed(timeline)
    seen = [entry for entry in body["entries"] if entry["event"] not in _STACKS]
    if len(seen) == len(body["entries"]):
        return None
    return document_of({**body, "entries": seen})


def _parsed(stored: bytes) -> TimelineEntry | None:
    """A stored entry; None for what another program has written."""
    try:
        entry = _read(stored)
        moment(entry.time)
        return entry
    except ValueError:
        return None
