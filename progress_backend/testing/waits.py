"""Waits, with a deadline, until a record has a status, a percentage or another value."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..record.model import Task, TaskStatus
from ..record.task_json import decode

if TYPE_CHECKING:
    from ..store.drivers import Store

#: Seconds between two reads of the record.
_LOOK_S = 0.01
#: error_cause of an error that only a new publish would take back.
_RAISED = "exception"


def wait_for_progress(
    store: Store,
    task_id: str,
    predicate: Callable[[Task], object] | None = None,
    *,
    status: str | None = None,
    percentage: float | None = None,
    timeout: float = 10.0,
) -> Task:
    """Waits until a record fulfils all given conditions; returns the record.

    If the task has ended with another status than `status`, and cannot run again, the function
    raises before the timeout.

    Args:
        store: the record's store.
        task_id: the task's id.
        predicate: a function of the record; it must return a true value.
        status: the `TaskStatus` of the record.
        percentage: 0-100, at least this percentage.
        timeout: seconds.

    Raises:
        AssertionError: a condition does not hold; the message shows the last record.
        ValueError: no condition is given.
    """
    __tracebackhide__ = True
    wished = [f"status {status}"] if status is not None else []
    if percentage is not None:
        wished.append(f"{percentage:g} %")
    if predicate is not None:
        wished.append(getattr(predicate, "__qualname__", repr(predicate)))
    if not wished:
        raise ValueError("give a condition to wait for: a predicate, a status or a percentage")
    what = f"task {task_id} did not come to {' and '.join(wished)}"
    deadline, task = time.monotonic() + timeout, None
    while True:
        if (document := store.run(store.flows.get(task_id))) is not None:
            task = decode(document)
            if (
                status in (None, task.status)
                and (percentage is None or task.progress.percentage >= percentage)
                and (predicate is None or predicate(task))
            ):
                return task
            if status not in (None, task.status) and _for_good(task):
                raise AssertionError(f"{what}: the task has ended. {_shown(task)}")
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what} within {timeout:g} s. {_shown(task)}")
        time.sleep(_LOOK_S)


def _for_good(task: Task) -> bool:
    """Whether the end is one that no late word of a run takes back."""
    return task.ended and (task.status != TaskStatus.ERROR or task.error_cause == _RAISED)


def _shown(task: Task | None) -> str:
    if task is None:
        return "It has no record."
    why = f", {task.error_cause}: {task.error_message}" if task.error_message else ""
    current, total, percentage = task.progress
    return (
        f"Its record is {task.status} ({current}/{total}, {percentage:g} %, {task.message!r}{why})."
    )
