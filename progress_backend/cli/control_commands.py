"""The commands `cancel`, `pause` and `resume`, which a job carries out at its next update."""

from __future__ import annotations

import click

from ..record.events import Cancelled, Event, Paused, Resumed
from .session import Command, open_store, settings_of, whole_id

_reason = click.option("--reason", help="Why; kept in the record, where readers see it.")

#: What the task's worker does.
_ASKED = {
    "cancel": "ends it at its next update",
    "pause": "holds it at its next update",
}


@click.command(cls=Command)
@click.argument("task_id")
@_reason
@click.pass_context
def cancel(ctx: click.Context, task_id: str, reason: str | None) -> None:
    """Cancel a task.

    A waiting one never begins; a running one ends at its next update.
    """
    _ask(ctx, task_id, Cancelled(by="cli", reason=reason), "cancelled")


@click.command(cls=Command)
@click.argument("task_id")
@_reason
@click.pass_context
def pause(ctx: click.Context, task_id: str, reason: str | None) -> None:
    """Let a task wait.

    A running one stops at its next update, until it is resumed or cancelled.
    """
    _ask(ctx, task_id, Paused(by="cli", reason=reason), "paused")


@click.command(cls=Command)
@click.argument("task_id")
@click.pass_context
def resume(ctx: click.Context, task_id: str) -> None:
    """Let a paused task go on."""
    _ask(ctx, task_id, Resumed(), "resumed")


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
