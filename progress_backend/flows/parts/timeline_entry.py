"""Writes to the timeline what a commit overwrites in a record, and what records never have."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.commit import Given, Part
from ...record import room, timeline
from ...record.document import written
from .change import Change, CommitPart


def parts(change: Change) -> Iterator[Part]:
    """The entries of each event."""
    entries = [entry for step in change.steps for entry in timeline.written(*step)]
    if entries:
        task_id, texts = change.after.task_id, [*map(written, entries)]
        about = {"most": room.TIMELINE, "around": room.AROUND}, (), texts
        yield Part("timeline_entry", lambda to: Given({"timeline": to.timeline(task_id)}, *about))


TIMELINE_ENTRY = CommitPart(parts, when=timeline.reacts)
