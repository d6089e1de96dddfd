"""Keeps a successful run with its type's last ones, from which the next one's end is estimated."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.part import Given, Part
from ...record import past_runs
from .change import Change


def parts(change: Change) -> Iterator[Part]:
    """The run that completes the task, where it says something of others."""
    if change.completes and (run := past_runs.of_task(change.after)) is not None:
        runs, text = change.after.task_type, run.text
        yield Part("past_run", lambda keys: Given({"runs": keys.runs(runs)}, {"run": text}))
