"""The jobs and workflows that a run starts with, and the demo that also pauses, resumes and
cancels."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from progress_backend.errors import WorkflowNotFound
from progress_backend.record.events import Cancelled, Event, Paused, Resumed
from progress_backend.record.model import Task, TaskStatus
from progress_backend.store.drivers import Store
from progress_backend.terminal.readers import TasksReader
from progress_backend.terminal.rows import as_row
from progress_backend.terminal.source import Source
from progress_backend.terminal.view import View

#: Percent from which the demo pauses or cancels a job.
_FROM_PERCENT: Final = 10
#: Seconds that the demo leaves a job paused.
_PAUSE_S: Final = 3.0


_WORKFLOWS: Final = frozenset({"fetch_and_merge", "import_in_steps", "fetch_all"})


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its task or workflow and arguments, its expected end, and what the demo does to
    it."""

    name: str
    args: tuple[Any, ...]
    ends: str = TaskStatus.COMPLETED
    touch: str = ""

    @property
    def is_workflow(self) -> bool:
        """Whether it is one of `workers.workflows`."""
        return self.name in _WORKFLOWS

    def __str__(self) -> str:
        return f"{self.name}{self.args!r}"


RUN: Final = (
    Job("fetch_data", ("AAPL", "5y")),
    Job("bulk_import", (["IBM", "FB", "MSFT"], "1y")),
    Job("fetch_data", ("MSFT", "2y")),
    Job("fetch_data", ("GOOG", "1y")),
    Job("fetch_data", ("IBM", "6mo")),
    Job("fetch_and_merge", (["IBM", "FB", "MSFT", "GOOG"], ["1mo", "3mo"])),
)
DEMO: Final = (
    Job("fetch_data", ("AAPL", "2y")),
    Job("fetch_data", ("MSFT", "2y"), touch="pause"),
    Job("fetch_data", ("GOOG", "5y"), ends=TaskStatus.CANCELLED, touch="cancel"),
    Job("fetch_data", ("NOSUCH", "1y"), ends=TaskStatus.ERROR),
    Job("bulk_import", (["IBM", "FB", "AAPL"], "6mo")),
    Job("fetch_and_merge", (["IBM", "FB", "MSFT", "GOOG"], ["1mo", "3mo"])),
    Job("import_in_steps", ("GOOG", "3mo")),
    Job("fetch_all", ("1mo",)),
)


def publish(jobs: Sequence[Job]) -> dict[str, Job]:
    """Publishes the jobs; returns them by the id of their task or workflow."""
    from . import tasks, workflows

    published: dict[str, Job] = {}
    for job in jobs:
        if job.is_workflow:
            result = getattr(workflows, job.name)(*job.args).apply_async()
        else:
            result = getattr(tasks, job.name).delay(*job.args)
        published[result.id] = job
    return published


class JobsReader:
    """Reads published jobs again and again, each as a row: a task's record, or a workflow."""

    def __init__(self, source: Source, jobs: dict[str, Job]) -> None:
        self._source = source
        self._tasks = TasksReader(source, [i for i, job in jobs.items() if not job.is_workflow])
        self._workflows = [its_id for its_id, job in jobs.items() if job.is_workflow]

    def read(self) -> View:
        """The jobs as they are now.

        Raises:
            TaskNotFound: one of them has no record yet.
            StoreUnavailable: the store does not answer.
        """
        view, rows = self._tasks.read(), list[Task]()
        for workflow_id in self._workflows:
            if (body := self._source.workflow(workflow_id)) is None:
                raise WorkflowNotFound(workflow_id)
            rows.append(as_row(body, self._source.locale))
        every = (*view.tasks, *rows)
        return replace(view, tasks=every, total=len(every))


def unexpected(jobs: dict[str, Job], tasks: Sequence[Task]) -> list[str]:
    """A line for each job that has not ended as it should."""
    ends = {task.task_id: task.status for task in tasks}
    return [
        f"{job} should be {job.ends}, but is {ends.get(task_id, 'without a record')}"
        for task_id, job in jobs.items()
        if ends.get(task_id) != job.ends
    ]


class Guide:
    """Pauses one of the demo's jobs and resumes it, and cancels another."""

    def __init__(self, store: Store, jobs: dict[str, Job], say: Callable[[str], None]) -> None:
        self._store = store
        self._jobs = jobs
        self._say = say
        self._resume_at: dict[str, float] = {}
        self._touched: set[str] = set()

    def look(self, tasks: Sequence[Task]) -> None:
        """Pauses, resumes or cancels the jobs that are far enough."""
        for task in tasks:
            touch, far = self._jobs[task.task_id].touch, task.progress.percentage >= _FROM_PERCENT
            if touch and task.status == TaskStatus.RUNNING and far:
                self._touch(task, touch)
            due = self._resume_at.get(task.task_id)
            if due is not None and time.monotonic() >= due:
                del self._resume_at[task.task_id]
                self._do(task, Resumed(), f"resumed {task.symbol}")

    def _touch(self, task: Task, touch: str) -> None:
        if task.task_id in self._touched:
            return
        self._touched.add(task.task_id)
        if touch == "pause":
            self._resume_at[task.task_id] = time.monotonic() + _PAUSE_S
            self._do(task, Paused(by="demo", reason="to show it"), f"paused {task.symbol}")
        else:
            self._do(task, Cancelled(by="demo", reason="to show it"), f"cancelled {task.symbol}")

    def _do(self, task: Task, event: Event, done: str) -> None:
        applied = self._store.run(
            self._store.flows.apply(task.task_id, (event,), self._store.now())
        )
        if applied.refused is None:  # else it ended meanwhile; the table says how
            self._say(f"demo: {done} at {task.progress.percentage:g}%")
