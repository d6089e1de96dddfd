"""The command `watch`, which shows tasks while they run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ..errors import StoreUnavailable
from ..record.caller_events import MAX_LIMIT
from ..settings import Settings
from ..terminal import Choice, Lines, WorkflowReader
from ..terminal.desk import Desk
from ..terminal.following import Source, follow
from ..terminal.keys import Keys, can_be_read
from ..terminal.shows import show_in_terminal
from ..terminal.task_logs import Tail
from ..terminal.workflow_source import WorkflowSource
from .session import Command, filters, reader_settings
from .where import Where, opened
from .workflow_commands import check_choice, known_id, workflow_options

if TYPE_CHECKING:
    from ..terminal.live_bars import Bars


@click.command(cls=Command)
@click.argument("task_ids", nargs=-1, metavar="[TASK_ID]...")
@workflow_options
@filters
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LIMIT),
    default=50,
    show_default=True,
    help="Tasks shown at most.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 60),
    default=0.5,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option("--plain", is_flag=True, help="A line a change instead of live bars.")
@click.pass_context
def watch(
    ctx: click.Context,
    /,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    url: str | None,
    token: str | None,
    limit: int,
    interval: float,
    plain: bool,
    **chosen: str | None,
) -> None:
    """Watch tasks with live bars.

    With TASK_IDs it ends when they all have ended, a cancelled one when its worker has confirmed
    that; with --workflow it shows the workflow and its members, and ends with the workflow. The
    exit code is 0 if all were completed, else 1, and 130 after Ctrl-C. Without either it shows the
    newest tasks that pass the filters, until Ctrl-C. When the output is no terminal it prints a
    line a change. In a terminal keys select a row, show its log, pause, resume and cancel it: ?
    tells which; q leaves as Ctrl-C does. A store that does not answer for a minute ends it with 1.
    """
    if len(task_ids) > MAX_LIMIT:
        raise click.UsageError(f"at most {MAX_LIMIT} tasks can be watched at once")
    if task_ids and any(chosen.values()):
        raise click.UsageError("give TASK_IDs or filters, not both")
    check_choice(workflow_id, bool(task_ids) or any(chosen.values()))
    settings, named = reader_settings(ctx), bool(task_ids) or workflow_id is not None
    with ExitStack() as stack:
        where = stack.enter_context(opened(settings, url, token))
        show = _show(where, settings, plain=plain or not sys.stdout.isatty())
        stack.enter_context(show)
        try:
            reader: Source
            if workflow_id is not None:
                whole = _whole_workflow_id(where.workflows, workflow_id)
                reader = WorkflowReader(where.workflows, whole, limit, settings.locale)
            else:
                ids = _whole_ids(where.known_task, task_ids)
                reader = where.tasks(Choice(ids, limit=limit, **chosen))
            wait = show.wait if isinstance(show, Desk) else time.sleep
            view = follow(reader, show, interval, until_ended=named, wait=wait)
        except KeyboardInterrupt:
            # The way to leave; of what was named it is not known how it ends.
            stack.close()
            ctx.exit(130 if named else 0)
        show.final(view)
    ctx.exit(0 if view.completed else 1)


def _show(where: Where, settings: Settings, *, plain: bool) -> Lines | Bars | Desk:
    """The output: live bars, under keys where there are some, or lines."""
    show = show_in_terminal(settings.locale, plain=plain)
    if isinstance(show, Lines):
        return show
    if not can_be_read():
        if sys.platform == "win32" and sys.stdin.isatty():
            click.echo("keys need a terminal of Linux or macOS", err=True)
        return show
    tail = Tail(where.logs)
    return Desk(show, Keys(), where.acts, tail, settings.locale, where.address)


def _whole_workflow_id(source: WorkflowSource, given: str) -> str:
    """The id of `--workflow`; while nothing answers it is taken as it is."""
    try:
        return known_id(source, given)
    except StoreUnavailable:
        return given


def _whole_ids(known: Callable[[str], str], given: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the arguments; while nothing answers they are taken as they are."""
    try:
        return tuple(dict.fromkeys(known(task_id) for task_id in given))
    except StoreUnavailable:
        return tuple(dict.fromkeys(given))
