"""Keeps a successful run with its type's last ones, from which the next one's end is estimated."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.keys import Keys
from ...operations.part import Given, Part
from ...record import past_runs
from .change import Change


def parts(change: Change) -> Iterator[Part]:
    """The run that completes the task, where it says something of others."""
    if change.completes and (run := past_runs.of_task(change.after)) is not None:
        yield Part("past_run", given, (change.after.task_type, run.text))


def given(keys: Keys, task_type: str, run: str) -> Given:
    """The part's keys and arguments."""
    return Given({"runs": keys.runs(task_type)}, {"run": run})
