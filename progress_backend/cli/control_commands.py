"""The commands `cancel`, `pause` and `resume`, which a job carries out at its next update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from ..errors import TaskNotFound, TransitionRefused, WorkflowNotFound
from ..flows import workflow_acts
from ..record import task_json
from ..record.act import Action
from ..record.events import Cancelled, Event, Paused, Resumed
from ..terminal.api_client import ApiClient
from ..terminal.api_workflows import ApiWorkflows
from ..terminal.workflow_source import StoreWorkflows
from .api_options import client_of, known_task_id
from .session import Command, open_store, settings_of, whole_id
from .workflow_commands import known_id, workflow_options

F = TypeVar("F", bound=Callable[..., Any])

_reason = click.option("--reason", help="Why; kept in the record, where readers see it.")

#: What the task's worker does.
_ASKED = {
    "cancel": "ends it at its next update",
    "pause": "holds it at its next update",
}
#: What the members of a workflow do.
_ASKED_OF_ALL = {
    "cancel": "no member begins any more, and those that run end at their next update",
    "pause": "no member begins, and those that run wait at their next update",
    "resume": "its members go on",
}


#: An action as what was done.
_DONE: dict[Action, str] = {"cancel": "cancelled", "pause": "paused", "resume": "resumed"}


def _task_or_workflow(command: F) -> F:
    """An argument for a task, and options for a workflow and an API: `task_id`, `workflow_id`,
    `url`, `token`."""
    return click.argument("task_id", required=False)(workflow_options(command))


@click.command(cls=Command)
@_task_or_workflow
@_reason
@click.pass_context
def cancel(
    ctx: click.Context,
    task_id: str | None,
    workflow_id: str | None,
    url: str | None,
    token: str | None,
    reason: str | None,
) -> None:
    """Cancel a task, or all members of a workflow.

    A waiting task never begins; a running one ends at its next update.
    """
    is_a_task = _is_a_task(task_id, workflow_id)
    if url is not None:
        _ask_api(client_of(url, token), task_id, workflow_id, "cancel", reason)
    elif is_a_task:
        _ask(ctx, str(task_id), Cancelled(by="cli", reason=reason), "cancelled")
    else:
        _ask_all(ctx, str(workflow_id), "cancel", reason)


@click.command(cls=Command)
@_task_or_workflow
@_reason
@click.pass_context
def pause(
    ctx: click.Context,
    task_id: str | None,
    workflow_id: str | None,
    url: str | None,
    token: str | None,
    reason: str | None,
) -> None:
    """Let a task wait, or all members of a workflow.

    A running task stops at its next update, until it is resumed or cancelled.
    """
    is_a_task = _is_a_task(task_id, workflow_id)
    if url is not None:
        _ask_api(client_of(url, token), task_id, workflow_id, "pause", reason)
    elif is_a_task:
        _ask(ctx, str(task_id), Paused(by="cli", reason=reason), "paused")
    else:
        _ask_all(ctx, str(workflow_id), "pause", reason)


@click.command(cls=Command)
@_task_or_workflow
@click.pass_context
def resume(
    ctx: click.Context,
    task_id: str | None,
    workflow_id: str | None,
    url: str | None,
    token: str | None,
) -> None:
    """Let a paused task go on, or all members of a workflow."""
    is_a_task = _is_a_task(task_id, workflow_id)
    if url is not None:
        _ask_api(client_of(url, token), task_id, workflow_id, "resume")
    elif is_a_task:
        _ask(ctx, str(task_id), Resumed(by="cli"), "resumed")
    else:
        _ask_all(ctx, str(workflow_id), "resume")


def _is_a_task(task_id: str | None, workflow_id: str | None) -> bool:
    """Whether a command is about a task.

    Raises:
        click.UsageError: about both, or about nothing.
    """
    if task_id is None and workflow_id is None:
        raise click.UsageError("give a TASK_ID, or --workflow ID")
    if task_id is not None and workflow_id is not None:
        raise click.UsageError("give --workflow or a TASK_ID, not both")
    return task_id is not None


def _ask_all(
    ctx: click.Context, workflow_id: str, action: Action, reason: str | None = None
) -> None:
    """Asks a workflow's members, and has those follow that write nothing by themselves; a command
    that is interrupted leaves the rest to the workers' pass."""
    with open_store(settings_of(ctx)) as store:
        workflow_id = known_id(StoreWorkflows(store), workflow_id)
        asked = workflow_acts.ask(
            store.flows, workflow_id, action, store.now(), by="cli", reason=reason
        )
        _, act_id = store.run(asked)
        if act_id is None:
            click.echo(f"{action} of workflow {workflow_id} was asked before; nothing was changed")
            return
        click.echo(f"{action} of workflow {workflow_id} is asked: {_ASKED_OF_ALL[action]}")
        cursor: workflow_acts.Cursor | None = workflow_acts.Cursor()
        while cursor is not None:
            step = workflow_acts.carry_out(store.flows, workflow_id, act_id, cursor, store.now())
            cursor = store.run(step)


def _ask_api(
    api: ApiClient,
    task_id: str | None,
    workflow_id: str | None,
    action: Action,
    reason: str | None = None,
) -> None:
    """Asks an API for what `_ask` and `_ask_all` do with a store."""
    if workflow_id is not None:
        kind, its_id = "workflow", known_id(ApiWorkflows(api), workflow_id)
    else:
        kind, its_id = "task", known_task_id(api, str(task_id))
    path = f"/internal/{kind}/{quote(its_id, safe='')}"
    why = {"by": "cli", **({} if reason is None else {"reason": reason})}
    try:
        if action == "cancel":
            document = api.ask("POST", f"{path}/cancel", why)
        elif action == "pause":
            document = api.ask("PUT", f"{path}/update", {"status": "paused", **why})
        else:
            document = api.ask("PUT", f"{path}/update", {"status": "running"})
    except TransitionRefused as refused:
        done = _DONE[action]
        raise click.ClickException(
            f"{kind} {its_id} cannot be {done}: it is {refused.status}"
        ) from refused
    if document is None:
        raise (TaskNotFound if kind == "task" else WorkflowNotFound)(its_id)
    if kind == "workflow":
        click.echo(f"{action} of workflow {its_id} is asked: {_ASKED_OF_ALL[action]}")
        return
    task = task_json.decode(document)
    if task.asked in _ASKED:
        click.echo(f"{task.asked} of task {its_id} is asked: its worker {_ASKED[task.asked]}")
    else:
        click.echo(f"task {its_id} is {task.status}")


def _ask(ctx: click.Context, task_id: str, event: Event, done: str) -> None:
    with open_store(settings_of(ctx)) as store:
        task_id = whole_id(store, task_id)
        applied = store.run(store.flows.apply(task_id, (event,), store.now()))
    status, asked = applied.task.status, applied.task.asked
    if applied.refused is not None:
        raise click.ClickException(f"task {task_id} cannot be {done}: it is {status}")
    if asked in _ASKED:
        click.echo(f"{asked} of task {task_id} is asked: its worker {_ASKED[asked]}")
    elif applied.document is None:
        click.echo(f"task {task_id} is {status}; nothing was changed")
    else:
        click.echo(f"task {task_id} is {status}")
