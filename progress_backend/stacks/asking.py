"""Flows of a task's stack: asking its job's process for one, and reading those that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Final

from ..errors import TaskNotFound, TooSoon, TransitionRefused
from ..flows.flow import Flow
from ..flows.stored_record import ReadRecord, milliseconds
from ..operations import leases, records, stacks, streams
from ..operations.call import all_of
from ..record import read_timeline
from ..record.answers import StackRequested, TaskTimeline
from ..record.document import written
from ..record.json_text import parsed
from ..record.local_time import moment
from ..record.model import Task, TaskStatus
from ..record.timeline import TimelineEntry
from ..settings import Settings
from .frames import HANGS_S

#: Milliseconds after which a request counts as not answered.
ANSWERED_MS: Final = 5_000


def request(
    task_id: str, settings: Settings, now: datetime, caller: str = ""
) -> Flow[StackRequested]:
    """Asks the process that runs a task for its stack; the body that answers it. `caller` is one
    that may see a part of the tasks alone.

    Raises:
        TaskNotFound: there is no record.
        ForeignValue: the value that is stored there is no record.
        TransitionRefused: no worker runs the task, or stacks are turned off.
        TooSoon: the task's was asked for a moment ago, or too many of others.
    """
    now_ms = milliseconds(now)
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        raise TaskNotFound(task_id)
    task = ReadRecord.of(stored, task_id).task
    why = (yield from _not_run(task, now_ms)) if settings.stacks else "PROGRESS_STACKS is 0"
    if why is not None:
        raise TransitionRefused(f"task {task_id} has no stack: {why}", task.status)
    if (wait := (yield from stacks.ask(task_id, caller, now_ms))) is not None:
        of = "callers with a part of the tasks" if caller else "all tasks"
        why = f"{stacks.MOST_LATELY} a minute are taken for {of} together"
        why = "a task has at most one every ten seconds" if wait.same_task else why
        raise TooSoon(f"task {task_id} has no new stack yet: {why}", ceil(wait.ms / 1000))
    return StackRequested(task_id, now.isoformat(timespec="milliseconds"))


def _not_run(task: Task, now_ms: int) -> Flow[str | None]:
    """Why no process can be asked; None where one can."""
    if task.ended and task.requested is None:
        return "it has ended"
    if task.status == TaskStatus.CREATED:
        return "it waits: no worker has started it"
    if task.worker is None:
        return "no worker runs it"
    until_ms = yield from leases.ends_at(task.worker.lease)
    return "its worker does not answer" if until_ms is None or until_ms < now_ms else None


def timeline_with(task_id: str, now: datetime) -> Flow[bytes]:
    """A task's timeline as clients get it: its entries, stacks and tracebacks included, and how
    many were removed.

    Raises:
        TaskNotFound: there is no record.
        ForeignValue: the value that is stored there is no record.
    """
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        raise TaskNotFound(task_id)
    task = ReadRecord.of(stored, task_id).task
    found = yield from streams.timeline(task_id)
    also = yield from _entries(task, now)
    entries = read_timeline.read(task, (*found.entries, *also))
    return written(TaskTimeline(task_id, found.gone, entries))


def _entries(task: Task, now: datetime) -> Flow[Sequence[bytes]]:
    """What is kept of a task, as entries of its timeline; and one for a request of the last minute
    that its process has not answered."""
    now_ms, began = milliseconds(now), task.attempt_started_at
    kept: list[bytes]
    lately: stacks.Lately
    kept, lately = yield from all_of(stacks.kept(task.task_id), stacks.lately())
    if (asked_ms := lately.get(task.task_id)) is None or began is None:
        return kept
    listens_ms = max(asked_ms, milliseconds(began) + int(HANGS_S * 1000))
    answered = any(milliseconds(moment(parsed(each)["time"])) >= asked_ms for each in kept)
    if answered or now_ms < listens_ms + ANSWERED_MS or (yield from _not_run(task, now_ms)):
        return kept
    asked = datetime.fromtimestamp(asked_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return [*kept, written(TimelineEntry(asked, "stack", task.attempt, cause="no_answer"))]
