"""Enters a task that ends in the order of ends."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.keys import Keys
from ...operations.part import Given, Part
from ..stored_record import milliseconds
from .change import Change


def parts(change: Change) -> Iterator[Part]:
    """The task's end, where another one stood there before."""
    before, after = change.before, change.after
    if not after.ended or (ended := after.completed_at) is None:
        return
    if before is None or (before.status, before.completed_at) != (after.status, ended):
        yield Part("end_time", given, (after.status, milliseconds(ended)))


def given(keys: Keys, status: str, ended_ms: int) -> Given:
    """The part's keys and arguments."""
    return Given({"ended": keys.ended(status)}, {"over": ended_ms})
