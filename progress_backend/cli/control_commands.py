"""The commands `cancel`, `pause` and `resume`, which a job carries out at its next update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..errors import TransitionRefused
from ..record.act import Action
from ..terminal.source import Source
from .api_options import known_task_id, opened
from .many_tasks import ask_chosen, ask_named, check_ids, chosen_options
from .session import Command, settings_of
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


def _steered(command: F) -> F:
    """An argument for tasks, and options for a workflow, for a filter, and for an API: `task_ids`,
    `workflow_id`, those of `chosen_options`, `url`, `token`."""
    tasks = click.argument("task_ids", metavar="[TASK_ID]...", nargs=-1)
    return tasks(workflow_options(chosen_options(command)))


@click.command(cls=Command)
@_steered
@_reason
@click.pass_context
def cancel(ctx: click.Context, /, **given: Any) -> None:
    """Cancel tasks, or all members of a workflow.

    A waiting task never begins; a running one ends at its next update. In place of ids there may be
    options that tasks have to pass: --status, --type and those below.
    """
    _act(ctx, "cancel", **given)


@click.command(cls=Command)
@_steered
@_reason
@click.pass_context
def pause(ctx: click.Context, /, **given: Any) -> None:
    """Let tasks wait, or all members of a workflow.

    A waiting task does not begin, and a running one stops at its next update, until it is resumed
    or cancelled. In place of ids there may be options that tasks have to pass: --status, --type and
    those below.
    """
    _act(ctx, "pause", **given)


@click.command(cls=Command)
@_steered
@click.pass_context
def resume(ctx: click.Context, /, **given: Any) -> None:
    """Let paused tasks go on, or all members of a workflow.

    In place of ids there may be options that tasks have to pass: --type, --symbol and those below.
    """
    _act(ctx, "resume", **given)


def _act(
    ctx: click.Context,
    action: Action,
    *,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    limit: int,
    yes: bool,
    url: str | None,
    token: str | None,
    reason: str | None = None,
    **filters: str | None,
) -> None:
    """Asks tasks, or the members of a workflow; a command that is interrupted leaves the rest of
    these to the workers' pass.

    Raises:
        click.UsageError: it is about nothing, or about more than one of these.
    """
    chosen = {name: value for name, value in filters.items() if value is not None}
    if [bool(task_ids), workflow_id is not None, bool(chosen)].count(True) != 1:
        raise click.UsageError("give TASK_IDs, or --workflow ID, or a filter such as --type NAME")
    check_ids(task_ids)
    with opened(settings_of(ctx), url, token) as source:
        if workflow_id is not None:
            _ask_all(source, workflow_id, action, reason)
        elif chosen:
            ask_chosen(source, action, chosen, limit, reason, yes=yes)
        elif len(task_ids) == 1:
            _ask(source, task_ids[0], action, reason)
        else:
            ids = tuple(dict.fromkeys(known_task_id(source, one) for one in task_ids))
            ask_named(source, action, ids, reason)


def _ask(source: Source, given: str, action: Action, reason: str | None) -> None:
    task_id = known_task_id(source, given)
    try:
        status, asked, changed = source.ask(task_id, action, reason)
    except TransitionRefused as refused:
        done = _DONE[action]
        if refused.status == done == "cancelled":  # what was asked for is so
            click.echo(f"task {task_id} is cancelled; nothing was changed")
            return
        raise click.ClickException(
            f"task {task_id} cannot be {done}: it is {refused.status}"
        ) from refused
    if asked in _ASKED:
        click.echo(f"{asked} of task {task_id} is asked: its worker {_ASKED[asked]}")
    elif not changed:
        click.echo(f"task {task_id} is {status}; nothing was changed")
    else:
        click.echo(f"task {task_id} is {status}")


def _ask_all(source: Source, given: str, action: Action, reason: str | None) -> None:
    workflow_id = known_id(source, given)
    act_id = source.ask_all(workflow_id, action, reason)
    if act_id is None:
        click.echo(f"{action} of workflow {workflow_id} was asked before; nothing was changed")
        return
    click.echo(f"{action} of workflow {workflow_id} is asked: {_ASKED_OF_ALL[action]}")
    source.carry_out(workflow_id, act_id)
