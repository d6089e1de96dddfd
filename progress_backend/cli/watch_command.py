"""The command `watch`, which shows tasks while they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from math import isnan
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ..errors import StoreUnavailable
from ..record.caller_events import MAX_LIMIT
from ..record.list_request import ListRequest
from ..record.model import TaskStatus
from ..terminal import formats
from ..terminal.keys import can_be_read
from ..terminal.readers import SHOWN, ListReader, Reader, TasksReader, WorkflowReader, follow
from ..terminal.shows import Lines, show_in_terminal
from ..terminal.source import Source
from ..terminal.watch_app import WatchApp
from .naming import named
from .session import Command, filters, reads, workflow_option

if TYPE_CHECKING:
    from ..terminal.bars import Bars


@click.command(cls=Command)
@click.argument("task_ids", nargs=-1, metavar="[TASK_ID]...")
@workflow_option
@filters
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 60),
    default=0.5,
    show_default=True,
    help="Seconds between two reads.",
)
@click.option(
    "--page-url",
    metavar="URL",
    envvar="PROGRESS_PAGE_URL",
    show_envvar=True,
    help="Address of the pages that the key o opens; the default is --url.",
)
@reads
def watch(
    source: Source,
    *,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    interval: float,
    page_url: str | None,
    **chosen: Any,
) -> None:
    """Watch tasks with live bars.

    With TASK_IDs the command ends when these tasks have ended (a cancelled task when its run has
    ended). With --workflow it shows a workflow and its tasks, and ends when the workflow ends. The
    exit code is 0 if all tasks completed, else 1. Without ids the command shows the newest tasks
    until Ctrl-C. A workflow has one row; four or more waiting tasks share one. Enter shows the
    tasks of a row. If the output is not a terminal, the command prints a line for each change. In a
    terminal the key ? lists all keys, and q ends the command, as Ctrl-C does (exit code 130 with
    ids, else 0). The command ends with 1 if the store does not reply for a minute, or if a task has
    no record for a minute.
    """
    if len(task_ids) > MAX_LIMIT:
        raise click.UsageError(f"at most {MAX_LIMIT} tasks can be watched at once")
    if isnan(interval):  # which is within every range, as click compares
        raise click.BadParameter("nan is not a number of seconds", param_hint="--interval")
    filtered, whole = any(chosen.values()), bool(task_ids) or workflow_id is not None
    if [bool(task_ids), workflow_id is not None, filtered].count(True) > 1:
        raise click.UsageError("give TASK_IDs, or --workflow ID, or filters, not two of them")
    named_reader = partial(_of_ids, source, workflow_id, task_ids)
    asked = ListRequest(**chosen, top=not filtered, limit=SHOWN)
    make = named_reader if whole else partial(ListReader, source, asked)
    show_until_end(source, make, interval, page_url, whole=whole, opens=not (whole or filtered))


def show_until_end(
    source: Source,
    make: Callable[[], Reader],
    interval: float,
    page_url: str | None,
    *,
    whole: bool,
    opens: bool = False,
) -> NoReturn:
    """Shows what is watched, which the reader that `make` returns reads; where it is `whole` until
    it has ended. `opens`: whether a workflow among the rows can be opened.

    Raises:
        click.exceptions.Exit: with the command's exit code.
    """
    with ExitStack() as stack:
        try:
            reader = make()
            if whole and _waits_in_vain(source, reader):
                click.echo(formats.text(source.locale, "no_workers"), err=True)
            show = _show(source, reader, page_url, opens=opens)
            stack.enter_context(show)
            app = show if isinstance(show, WatchApp) else None
            read, wait = (app or reader).read, app.wait if app else time.sleep
            view = follow(read, show.show, interval, until_ended=whole, wait=wait)
        except KeyboardInterrupt:
            # The way to leave; of what was named it is not known how it ends.
            stack.close()
            raise click.exceptions.Exit(130 if whole else 0) from None
        show.final(view)
    raise click.exceptions.Exit(0 if view.completed else 1)


def _waits_in_vain(source: Source, reader: Reader) -> bool:
    """Whether something waits, and no worker that tracks tasks lives."""
    view = reader.read()
    waits = any(task.status == TaskStatus.CREATED for task in view.watched)
    with suppress(StoreUnavailable):
        return waits and view.trouble is None and source.no_worker()
    return False


def _of_ids(source: Source, workflow_id: str | None, task_ids: tuple[str, ...]) -> Reader:
    """What reads a workflow, or some tasks; while nothing answers, by the ids as they are given."""
    try:
        ids, is_workflow = named(source, task_ids, workflow_id)
    except StoreUnavailable:
        ids, is_workflow = [*dict.fromkeys(task_ids or [workflow_id or ""])], not task_ids
    return WorkflowReader(source, ids[0]) if is_workflow else TasksReader(source, ids)


def _show(
    source: Source, reader: Reader, page_url: str | None, *, opens: bool
) -> Lines | Bars | WatchApp:
    """The output: live bars, under keys where there are some, or lines. `opens`: whether the tasks
    of a workflow can be opened."""
    show = show_in_terminal(source.locale)
    if isinstance(show, Lines) or not can_be_read():
        return show
    workflow = partial(WorkflowReader, source) if opens else None
    return WatchApp(show, source, reader, workflow, page_url or source.url)
