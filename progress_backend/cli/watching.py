"""`watch`: tasks as they go on."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ..model import TaskStatus
from ..requested import MAX_LIMIT
from ..settings import Settings
from ..terminal import Choice, Lines, Reader, View
from .session import Command, filters, need, open_store, settings_of

if TYPE_CHECKING:
    from ..terminal.bars import Bars


@click.command(cls=Command)
@click.argument("task_ids", nargs=-1, metavar="[TASK_ID]...")
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
    limit: int,
    interval: float,
    plain: bool,
    **chosen: str | None,
) -> None:
    """Watch tasks with live bars.

    With TASK_IDs it ends when they all have ended; the exit code is 0 if all were completed, else
    1. Without any it shows the newest tasks that pass the filters, until Ctrl-C. When the output
    is no terminal it prints a line a change.
    """
    if len(task_ids) > MAX_LIMIT:
        raise click.UsageError(f"at most {MAX_LIMIT} tasks can be watched at once")
    if task_ids and any(chosen.values()):
        raise click.UsageError("give TASK_IDs or filters, not both")
    settings = settings_of(ctx)
    choice = Choice(tuple(dict.fromkeys(task_ids)), limit=limit, **chosen)
    with ExitStack() as stack:
        reader = Reader(stack.enter_context(open_store(settings)), choice)
        show = open_show(settings, plain or not sys.stdout.isatty())
        stack.enter_context(show)
        try:
            view = _follow(reader, show, interval, until_ended=bool(task_ids))
        except KeyboardInterrupt:
            return  # the way to leave
        show.final(view)
    ctx.exit(0 if all(task.status == TaskStatus.COMPLETED for task in view.tasks) else 1)


def open_show(settings: Settings, plain: bool) -> Lines | Bars:
    """What shows views: live bars, or lines."""
    if plain:
        return Lines(sys.stdout, settings.locale)
    need("cli", "rich")
    from rich.console import Console

    from ..terminal.bars import Bars

    return Bars(Console(), settings.locale)


def _follow(reader: Reader, show: Lines | Bars, interval: float, *, until_ended: bool) -> View:
    """Shows what is read, until all have ended; else until it is interrupted."""
    while True:
        view = reader.read()
        if until_ended and view.ended:
            return view
        show.show(view)
        time.sleep(interval)
