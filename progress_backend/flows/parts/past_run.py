"""Stores a completed run with the last ones of its type, from which ends are estimated."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.commit import Given, Part
from ...record import past_runs
from ...record.events import Completed
from .change import Change, CommitPart


def parts(change: Change) -> Iterator[Part]:
    """The run that completes the task, if its time is useful for estimates."""
    if change.completes and (run := past_runs.of_task(change.after)) is not None:
        runs, text = change.after.task_type, run.text
        yield Part("past_run", lambda keys: Given({"runs": keys.runs(runs)}, {"run": text}))


PAST_RUN = CommitPart(parts, frozenset({Completed}))
