"""Keeps what a task was published with, beside its record and for as long, and the mark of its
start. A value of a run comes here once an hour."""

from __future__ import annotations

from collections.abc import Iterator

from ...operations.commit import Given, Part
from ...operations.keys import Keys
from ...record import events as ev
from ...record.model import Task
from .change import Change, CommitPart


def parts(change: Change) -> Iterator[Part]:
    """The text of a publish; afterwards its lifetime, which follows the record's."""
    published = (event.message for _, event, _ in change.steps if isinstance(event, ev.Created))
    text, task_id = next(filter(None, published), b""), change.after.task_id
    before = change.before
    if text or (before is not None and _keeps(before) and before != change.after):

        def given(keys: Keys) -> Given:
            names = {"message": keys.message(task_id), "mark": keys.start(task_id)}
            return Given(names, {"text": text})

        yield Part("kept_message", given)


def _of_a_marked_task(before: Task | None, event: ev.Event) -> bool:
    """Not of a value: a run's start has moved the lifetime."""
    if isinstance(event, ev.Created) and event.message:
        return True
    return not isinstance(event, ev.Progressed) and before is not None and _keeps(before)


def _keeps(task: Task) -> bool:
    return task.again is not None or task.keeps_message


KEPT_MESSAGE = CommitPart(parts, when=_of_a_marked_task)
