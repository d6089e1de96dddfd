"""What a command's argument names: a task or workflow, by its id or by how a recent one begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from ..record.caller_events import MAX_LIMIT
from ..record.list_request import AMONG, SHORTEST_ID, ListRequest
from ..terminal.readers import is_workflow
from ..terminal.source import Source


def task_named(source: Source, given: str) -> str:
    """A task's id: `given`, or the only recent id that begins with it.

    Raises:
        click.ClickException: several recent ids start with it; or none does, and not all were
            searched.
    """
    if len(given) < SHORTEST_ID or source.task(given) is not None:
        return given
    found = source.tasks(ListRequest(id_prefix=given, limit=MAX_LIMIT))
    all_tasks = sum(count or 0 for count in found["summary"].values())
    # Nothing that is as long as Celery's own ids is the beginning of one.
    unseen = not found["tasks"] and len(given) < 36 and all_tasks > AMONG
    if unseen and _workflow_named(source, given) == given:
        why = f"task {given} is not among the newest {AMONG:,}: give the whole id"
        raise click.ClickException(why)
    return _only_one("task", given, (row["task_id"] for row in found["tasks"]))


def named(
    source: Source, given: Sequence[str], workflow_id: str | None = None
) -> tuple[list[str], bool]:
    """The ids of tasks, or that of a workflow, and whether it is a workflow's: of `--workflow`, or
    of a single id that is a workflow's and no task's.

    Raises:
        click.ClickException: several recent ids start with one of them.
    """
    if workflow_id is not None:
        return [_workflow_named(source, workflow_id)], True
    task_ids = [*dict.fromkeys(task_named(source, one) for one in given)]
    if len(given) != 1:
        return task_ids, False
    if is_workflow(source, task_ids[0]):
        return task_ids, True
    if task_ids == list(given) and source.task(given[0]) is None:
        its_id = _workflow_named(source, given[0])
        return [its_id], its_id != given[0]
    return task_ids, False


def _workflow_named(source: Source, given: str) -> str:
    if len(given) < SHORTEST_ID or source.workflow(given) is not None:
        return given
    recent = source.workflows(1, MAX_LIMIT)["workflows"]
    return _only_one("workflow", given, (row["workflow_id"] for row in recent))


def _only_one(what: str, given: str, recent: Iterable[str]) -> str:
    found = [one for one in recent if one.startswith(given)]
    if len(found) > 1:
        some = ", ".join([*sorted(found)[:3], *(["…"] if len(found) > 3 else [])])
        raise click.ClickException(
            f"{len(found)} {what} ids start with {given!r} ({some}): give more"
        )
    return found[0] if found else given
