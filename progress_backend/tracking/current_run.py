"""The run of the current Celery task, for what reports its progress."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from celery import current_task

from ..record.events import Identity
from ..record.model import ENDED
from ..runs.run import Run
from ..settings import Settings
from .decorator import marking_of
from .headers import NUMBER
from .tracker import tracker_of

logger = logging.getLogger(__name__)

#: Why a process that `multiprocessing` has started has no run; one that is forked has its parent's.
SPAWNED = (
    "a process that a task starts by spawn or forkserver has no run: pass the counts to the task, "
    "and call update() there"
)


class _NullSink:
    """Takes the sender's place where nothing is recorded."""

    always = False
    settings = Settings(locale="en")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wake(self) -> None:
        pass

    def wait_while_paused(self, run: Run) -> None:
        pass

    def close(self, run: Run) -> None:
        pass


def recorded_run() -> Run | None:
    """The run of the current Celery task; None outside of a tracked task, or where the record
    belongs to another run."""
    run = _found(current_task)
    return None if run is None or run.refused else run


def null_run() -> Run:
    """A run without a record."""
    return Run("", Identity(task_type=""), _NullSink())


def is_started_by_another() -> bool:
    """Whether `multiprocessing` has started this process."""
    from multiprocessing import parent_process

    return parent_process() is not None


def _is_disabled(celery_task: Any) -> bool:
    tracker = tracker_of(celery_task.app) if celery_task else None
    return tracker is not None and tracker.disabled


def _found(celery_task: Any) -> Run | None:
    tracker = tracker_of(celery_task.app) if celery_task else None
    if tracker is None or (process := tracker.process) is None:
        return None
    forked = tracker.forked_runs.get(getattr(celery_task.request, NUMBER, 0))
    return forked or process.run_in(celery_task)


def run_of(celery_task: Any) -> Run:
    """The run that a notifier reports for; without a record, with one warning a name, where none is
    recorded."""
    run = _found(celery_task)
    if run is not None and not run.refused:
        return run
    if _is_disabled(celery_task):  # the log has one line for the app
        return null_run()
    who = celery_task.name if celery_task else "code outside a task"
    if run is not None:
        why = _refused(run)
    elif not celery_task and is_started_by_another():
        why = SPAWNED
    elif not celery_task or tracker_of(celery_task.app) or marking_of(celery_task) is None:
        why = "it is not the run of a tracked task"
    else:
        why = "it has @progress_task, but install() was not called on its app"
    _warn_once(who, why)
    return null_run()


_warned: set[str] = set()


def _refused(run: Run) -> str:
    """The reason why a tracked task's run is not recorded."""
    if run.status in ENDED:
        return f"the record of task {run.task_id} has ended: it is {run.status}"
    return f"a newer run has the record of task {run.task_id}"


def _warn_once(who: str, why: str) -> None:
    if who not in _warned and len(_warned) < 1_000:
        _warned.add(who)
        logger.warning("no progress is recorded for %s: %s", who, why)
