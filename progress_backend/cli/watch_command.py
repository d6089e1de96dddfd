"""The command `watch`, which shows tasks while they run."""

from __future__ import annotations

import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ..errors import StoreUnavailable
from ..record.caller_events import MAX_LIMIT
from ..record.list_request import ListRequest
from ..terminal.desk import Desk
from ..terminal.following import follow
from ..terminal.keys import can_be_read
from ..terminal.lines import Lines
from ..terminal.readers import ListReader, Reader, TasksReader, WorkflowReader
from ..terminal.shows import show_in_terminal
from ..terminal.source import Source
from .naming import named
from .session import Command, filters, reads, workflow_option

if TYPE_CHECKING:
    from ..terminal.live_bars import Bars


@click.command(cls=Command)
@click.argument("task_ids", nargs=-1, metavar="[TASK_ID]...")
@workflow_option
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
@click.option(
    "--page-url",
    metavar="URL",
    envvar="PROGRESS_PAGE_URL",
    show_envvar=True,
    help="Where the pages are that the key o opens; --url unless given.",
)
@reads
def watch(
    source: Source,
    *,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    limit: int,
    interval: float,
    page_url: str | None,
    **chosen: Any,
) -> None:
    """Watch tasks with live bars.

    With TASK_IDs it ends when they all have ended, a cancelled one when its worker has confirmed
    that; with --workflow it shows the workflow and its members, and ends with the last of these.
    The exit code is 0 if all were completed, else 1, and 130 after Ctrl-C. Without either it shows
    the newest tasks, until Ctrl-C: those that pass the filters, or without filters a workflow as
    one row, and Enter shows its tasks. When the output is no terminal it prints a line a change. In
    a terminal keys search, filter and sort the rows, select one, show its log, pause, resume and
    cancel it: ? lists them; q leaves as Ctrl-C does. A store that does not answer for a minute ends
    it with 1, and so does a task that has had no record for as long.
    """
    if len(task_ids) > MAX_LIMIT:
        raise click.UsageError(f"at most {MAX_LIMIT} tasks can be watched at once")
    filtered, whole = any(chosen.values()), bool(task_ids) or workflow_id is not None
    if [bool(task_ids), workflow_id is not None, filtered].count(True) > 1:
        raise click.UsageError("give TASK_IDs, or --workflow ID, or filters, not two of them")
    with ExitStack() as stack:
        try:
            if whole:
                reader = _of_ids(source, workflow_id, task_ids, limit)
            else:
                reader = ListReader(source, ListRequest(**chosen, top=not filtered, limit=limit))
            opens = isinstance(reader, ListReader) and not filtered
            show = _show(source, reader, limit if opens else None, page_url)
            stack.enter_context(show)
            desk = show if isinstance(show, Desk) else None
            read, wait = (desk or reader).read, desk.wait if desk else time.sleep
            view = follow(read, show.show, interval, until_ended=whole, wait=wait)
        except KeyboardInterrupt:
            # The way to leave; of what was named it is not known how it ends.
            stack.close()
            raise click.exceptions.Exit(130 if whole else 0) from None
        show.final(view)
    raise click.exceptions.Exit(0 if view.completed else 1)


def _of_ids(
    source: Source, workflow_id: str | None, task_ids: tuple[str, ...], limit: int
) -> Reader:
    """What reads a workflow, or some tasks; while nothing answers, by the ids as they are given."""
    try:
        ids, is_workflow = named(source, task_ids, workflow_id)
    except StoreUnavailable:
        ids, is_workflow = [*dict.fromkeys(task_ids or [workflow_id or ""])], not task_ids
    return WorkflowReader(source, ids[0], limit) if is_workflow else TasksReader(source, ids)


def _show(
    source: Source, reader: Reader, opens: int | None, page_url: str | None
) -> Lines | Bars | Desk:
    """The output: live bars, under keys where there are some, or lines. `opens`: how many tasks of
    a workflow are shown, None where none can be opened."""
    show = show_in_terminal(source.locale)
    if isinstance(show, Lines) or not can_be_read():
        return show
    workflow = None if opens is None else partial(WorkflowReader, source, limit=opens)
    return Desk(show, source, reader, workflow, page_url or source.url)
