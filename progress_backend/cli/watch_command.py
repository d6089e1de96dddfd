"""The command `watch`, which shows tasks while they run."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from ..errors import ProgressError, StoreUnavailable
from ..record.caller_events import MAX_LIMIT
from ..settings import Settings
from ..terminal import Choice, Lines, TaskReader, WorkflowReader
from ..terminal.desk import Desk, Watched
from ..terminal.following import Reader, follow
from ..terminal.keys import Keys, can_be_read, tells_keys
from ..terminal.shows import show_in_terminal
from ..terminal.source import Source
from .api_options import known_task_id, opened
from .session import Command, filters, reader_settings
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
@click.option(
    "--page-url",
    metavar="URL",
    envvar="PROGRESS_PAGE_URL",
    show_envvar=True,
    help="Where the pages are that the key o opens; --url unless given.",
)
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
    page_url: str | None,
    **chosen: str | None,
) -> None:
    """Watch tasks with live bars.

    With TASK_IDs it ends when they all have ended, a cancelled one when its worker has confirmed
    that; with --workflow it shows the workflow and its members, and ends with the last of these.
    The exit code is 0 if all were completed, else 1, and 130 after Ctrl-C. Without either it shows
    the newest tasks, until Ctrl-C: those that pass the filters, or without filters a workflow as
    one row, whose tasks Enter shows. When the output is no terminal it prints a line a change. In a
    terminal keys select a row, show its log, pause, resume and cancel it: ? tells which; q leaves
    as Ctrl-C does. A store that does not answer for a minute ends it with 1, and so does a task
    that has had no record for as long.
    """
    if len(task_ids) > MAX_LIMIT:
        raise click.UsageError(f"at most {MAX_LIMIT} tasks can be watched at once")
    if task_ids and any(chosen.values()):
        raise click.UsageError("give TASK_IDs or filters, not both")
    check_choice(workflow_id, bool(task_ids) or any(chosen.values()))
    settings, named = reader_settings(ctx), bool(task_ids) or workflow_id is not None
    with ExitStack() as stack:
        source = stack.enter_context(opened(settings, url, token))
        try:
            watched = _watched(source, settings, workflow_id, task_ids, limit, chosen)
            show = _show(source, settings, watched, page_url, plain=plain)
            stack.enter_context(show)
            desk = show if isinstance(show, Desk) else None
            reader, wait = desk or watched.whole, desk.wait if desk else time.sleep
            view = follow(reader, show, interval, until_ended=named, wait=wait)
        except KeyboardInterrupt:
            # The way to leave; of what was named it is not known how it ends.
            stack.close()
            ctx.exit(130 if named else 0)
        show.final(view)
    ctx.exit(0 if view.completed else 1)


def _watched(
    source: Source,
    settings: Settings,
    workflow_id: str | None,
    task_ids: tuple[str, ...],
    limit: int,
    chosen: Mapping[str, str | None],
) -> Watched:
    """What is read: a workflow, some tasks, or the newest."""

    def workflow(its_id: str) -> Reader:
        return WorkflowReader(source, its_id, limit, settings.locale)

    if workflow_id is not None:
        return Watched(workflow(_whole_workflow_id(source, workflow_id)))
    ids = _whole_ids(source, task_ids)
    if len(ids) == 1 and _is_workflow(source, ids[0]):
        return Watched(workflow(ids[0]))
    choice = Choice(ids, limit=limit, **chosen)
    return Watched(TaskReader(source, settings.locale, choice), workflow if choice.top else None)


def _show(
    source: Source, settings: Settings, watched: Watched, page_url: str | None, *, plain: bool
) -> Lines | Bars | Desk:
    """The output: live bars, under keys where there are some, or lines."""
    show = show_in_terminal(settings.locale, plain=plain or not sys.stdout.isatty())
    if isinstance(show, Lines):
        return show
    if not can_be_read():
        if not tells_keys() and sys.stdin.isatty():
            click.echo("keys need a terminal of Linux or macOS", err=True)
        return show
    page = page_url or source.address
    return Desk(show, Keys(), watched, source, settings.locale, page)


def _is_workflow(source: Source, its_id: str) -> bool:
    """Whether an id is that of a workflow and of no task: a group's or chord's."""
    try:
        return source.task(its_id) is None and source.workflow(its_id) is not None
    except ProgressError:  # what watches tells it
        return False


def _whole_workflow_id(source: Source, given: str) -> str:
    """The id of `--workflow`; while nothing answers it is taken as it is."""
    try:
        return known_id(source, given)
    except StoreUnavailable:
        return given


def _whole_ids(source: Source, given: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the arguments; while nothing answers they are taken as they are."""
    try:
        return tuple(dict.fromkeys(known_task_id(source, task_id) for task_id in given))
    except StoreUnavailable:
        return tuple(dict.fromkeys(given))
