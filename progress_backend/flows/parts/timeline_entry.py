"""Writes what a commit takes out of a record, and what no record ever has, to its timeline."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.keys import Keys
from ...operations.part import Given, Part
from ...record import room, timeline
from .change import Change


def parts(change: Change) -> Iterator[Part]:
    """The entries of each event."""
    entries = [entry for step in change.steps for entry in timeline.written(*step)]
    if entries:
        task_id = change.after.task_id
        yield Part("timeline_entry", given, (task_id, [*map(timeline.encoded, entries)]))


def given(keys: Keys, task_id: str, entries: list[bytes]) -> Given:
    """The part's keys and arguments."""
    bounds = {"most": room.TIMELINE, "around": room.AROUND}
    return Given({"timeline": keys.timeline(task_id)}, bounds, (), entries)
