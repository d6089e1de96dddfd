"""The commands `cancel`, `pause` and `resume`, which a job carries out at its next update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..errors import TransitionRefused
from ..record.act import Action
from .session import Command, settings_of
from .where import Where, opened
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
    _act(ctx, task_id, workflow_id, url, token, "cancel", reason)


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
    _act(ctx, task_id, workflow_id, url, token, "pause", reason)


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
    _act(ctx, task_id, workflow_id, url, token, "resume")


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


def _act(
    ctx: click.Context,
    task_id: str | None,
    workflow_id: str | None,
    url: str | None,
    token: str | None,
    action: Action,
    reason: str | None = None,
) -> None:
    """Asks a task, or the members of a workflow; a command that is interrupted leaves the rest of
    these to the workers' pass."""
    is_a_task = _is_a_task(task_id, workflow_id)
    with opened(settings_of(ctx), url, token) as where:
        if is_a_task:
            _ask(where, str(task_id), action, reason)
        else:
            _ask_all(where, str(workflow_id), action, reason)


def _ask(where: Where, given: str, action: Action, reason: str | None) -> None:
    task_id = where.known_task(given)
    try:
        status, asked, changed = where.acts.ask(task_id, action, reason)
    except TransitionRefused as refused:
        done = _DONE[action]
        raise click.ClickException(
            f"task {task_id} cannot be {done}: it is {refused.status}"
        ) from refused
    if asked in _ASKED:
        click.echo(f"{asked} of task {task_id} is asked: its worker {_ASKED[asked]}")
    elif not changed:
        click.echo(f"task {task_id} is {status}; nothing was changed")
    else:
        click.echo(f"task {task_id} is {status}")


def _ask_all(where: Where, given: str, action: Action, reason: str | None) -> None:
    workflow_id = known_id(where.workflows, given)
    act_id = where.acts.ask_all(workflow_id, action, reason)
    if act_id is None:
        click.echo(f"{action} of workflow {workflow_id} was asked before; nothing was changed")
        return
    click.echo(f"{action} of workflow {workflow_id} is asked: {_ASKED_OF_ALL[action]}")
    where.acts.carry_out(workflow_id, act_id)
