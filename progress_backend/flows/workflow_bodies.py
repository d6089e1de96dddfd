"""A workflow's body, and a page of workflows. Flows; pure."""

from __future__ import annotations

from datetime import datetime

from ..operations import records, top, workflows
from ..record import reader_view
from ..record.document import written
from ..record.fields import Body
from ..record.model import Task, TaskStatus
from ..record.workflow import WorkflowCounts
from ..record.workflow_body import FAILURES, as_task, body, row
from ..record.workflow_fields import WorkflowBody
from . import shown_record
from .flow import Flow
from .stored_record import milliseconds, readable
from .task_flows import Records

#: Reads of one page while workflows without members are removed.
_PAGE_TRIES = 3


def figures(workflow_id: str, now: datetime) -> Flow[WorkflowCounts | None]:
    """A workflow's counts; None where no member is stored."""
    found = yield from workflows.figures(workflow_id, milliseconds(now))
    return found if found.total or found.publishers else None


def status(flows: Records, workflow_id: str, now: datetime) -> Flow[WorkflowBody | None]:
    """A workflow's body; None where no member is stored. Its cost does not depend on the number of
    members."""
    found = yield from figures(workflow_id, now)
    return None if found is None else (yield from body_of(flows, workflow_id, found, now))


def body_of(
    flows: Records, workflow_id: str, found: WorkflowCounts, now: datetime
) -> Flow[WorkflowBody]:
    """The body of a workflow with these counts."""
    zone, failed = flows.settings.zone(), list[Body]()
    if found.count(TaskStatus.ERROR):
        first = yield from workflows.oldest(workflow_id, TaskStatus.ERROR, FAILURES)
        ids = [task_id for _, task_id in first]
        documents = yield from records.read(ids)
        failed = reader_view.readable(zip(ids, documents, strict=True))
    waiting = yield from _waiting(flows, workflow_id, found, now)
    return body(workflow_id, found, failed, zone, flows.settings.locale, now, waiting)


def _waiting(flows: Records, workflow_id: str, found: WorkflowCounts, now: datetime) -> Flow[int]:
    """How many members of a quiet workflow wait for a message of which nothing is known; 0 while
    one of them is at work, or waits for its `eta`."""
    many = found.count(TaskStatus.RUNNING) > FAILURES
    if many or not found.quiet(milliseconds(now), flows.settings.lease_s):
        return 0
    ids = list[str]()
    for status in (TaskStatus.CREATED, TaskStatus.RUNNING):
        first = yield from workflows.oldest(workflow_id, status, FAILURES)
        ids += [task_id for _, task_id in first]
    tasks = [base.task for base in readable((yield from records.read(ids)))]
    if any(_at_work(task) or (task.eta is not None and task.eta > now) for task in tasks):
        return 0
    return found.open - found.planned or found.planned


def _at_work(task: Task) -> bool:
    """Whether a task runs, in a worker or outside of Celery: there it has no attempt."""
    return task.status == TaskStatus.RUNNING and (task.worker is not None or not task.attempt)


def page(flows: Records, page: int, limit: int, now: datetime) -> Flow[tuple[int, list[bytes]]]:
    """One page of workflows, newest first: how many the list has, and rows as JSON. Workflows
    without a stored member are removed on the way."""
    zone, locale, total = flows.settings.zone(), flows.settings.locale, 0
    rows: list[bytes] = []
    for _ in range(_PAGE_TRIES):
        total, found = yield from top.newest_workflows((page - 1) * limit, limit)
        ids = [workflow_id for _, workflow_id in found]
        each = yield from workflows.figures_of_each(ids, milliseconds(now))
        known = dict(zip(ids, each, strict=True))
        there = {i: one for i, one in known.items() if one.total or one.publishers}
        rows = [written(row(i, one, zone, locale, now)) for i, one in there.items()]
        if len(there) == len(known):
            break
        for workflow_id in known.keys() - there.keys():
            yield from top.forget_workflow(workflow_id)
    return total, rows


def task_or_workflow(flows: Records, task_id: str, now: datetime) -> Flow[Body | None]:
    """A task's body as it is to be read now; for a workflow's id without a record, the workflow as
    a task. None if there is neither.

    Raises:
        ForeignValue: the value that is stored under the id is no record.
    """
    record = yield from shown_record.current(flows, task_id, now)
    if record is not None:
        return record
    found = yield from status(flows, task_id, now)
    return None if found is None else as_task(found)
