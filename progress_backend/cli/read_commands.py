"""The commands `tasks`, `show`, `stack`, `logs` and `workers`, which print what there is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import click

from ..errors import StoreUnavailable, TaskNotFound, WorkflowNotFound
from ..record.caller_events import MAX_LIMIT
from ..record.list_request import ListRequest
from ..record.model import KINDS, TaskStatus
from ..record.sort import NEWEST, SORTS
from ..terminal import formats, printing
from ..terminal.readers import AWAY_S
from ..terminal.rows import RecordRow
from ..terminal.source import Body, Source
from .naming import named, task_named
from .session import (
    Command,
    as_json,
    echo_json,
    filters,
    options,
    reads,
    width,
    workflow_option,
)

#: Seconds between two reads of a timeline for a stack, and after which the command gives up.
_POLL_S: Final = 0.3
_LONGEST_S: Final = 10.0
#: Lines of a log that are printed unless a number is given, and at most; those of one read.
_LINES, _MOST_LINES = 200, 1_000
#: Seconds between two reads of a log that is followed.
_FOLLOW_S: Final = 1.0


@click.command(cls=Command)
@filters
@options(
    click.option("--owner", help="Only tasks of this owner; can be combined only with --status."),
    click.option(
        "--warning",
        type=click.Choice(KINDS),
        help="Only tasks with this warning; can be combined only with --status.",
    ),
    click.option(
        "--top", is_flag=True, help="Only tasks outside workflows, and one row for each workflow."
    ),
    click.option(
        "--sort",
        type=click.Choice(SORTS),
        default=NEWEST,
        show_default=True,
        help="running: running tasks first; ended: by end, newest first.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print only the ids, e.g. for cancel."),
    click.option("--page", type=click.IntRange(1, 10**9), default=1, show_default=True),
    click.option(
        "--limit",
        type=click.IntRange(1),
        default=20,
        show_default=True,
        help=f"Rows per page; {MAX_LIMIT} if it is more.",
    ),
)
@as_json
@reads
def tasks(source: Source, quiet: bool, as_json: bool, **wanted: Any) -> None:
    """List tasks, newest first.

    In a terminal the command cuts the rows to its width, and each id to a unique start. The other
    commands accept such a start as an id. The last lines show the number of all tasks by status,
    and the store's address.
    """
    asked = ListRequest(**wanted)  # the other options have the names of its values
    page, now = source.tasks(asked, whole=as_json), source.now()
    if as_json:
        echo_json(page)
        return
    rows = [*map(RecordRow.of, page["tasks"])]
    if quiet:
        click.echo("".join(f"{row.task_id}\n" for row in rows), nl=False)
        return
    shown = printing.of_tasks(rows, now, width(), source.locale) if rows else ()
    _print(source, shown, printing.counted(page, "top" if asked.top else "tasks", source.locale))


@click.command(cls=Command)
@as_json
@reads
def workers(source: Source, as_json: bool) -> None:
    """List the workers that track tasks.

    Each row has the last renewal of the worker's lease, and its running tasks. A worker that has
    shut down or died is listed until it has no running tasks.
    """
    body, now, locale = source.workers(), source.now(), source.locale
    if as_json:
        echo_json(body)
        return
    if not (found := body["workers"]):
        _print(source, (), formats.text(locale, "no_workers"))
        return
    counted = formats.text(locale, "workers_of", total=body["total"])
    if rest := body["total"] - len(found):
        counted = formats.joined(locale, counted, formats.text(locale, "more", count=rest))
    _print(source, printing.of_workers(found, now, width(), locale), counted)


def _print(source: Source, rows: Iterable[str], counted: str) -> None:
    click.echo("\n".join((*rows, counted, source.address)))


@click.command(cls=Command)
@click.argument("given", metavar="[ID]", required=False)
@workflow_option
@as_json
@reads
def show(source: Source, given: str | None, workflow_id: str | None, as_json: bool) -> None:
    """Show all fields of one task or workflow.

    ID may be the start of a recent id.
    """
    if (given is None) == (workflow_id is None):
        raise click.UsageError("give an ID, or --workflow ID")
    (its_id,), is_workflow = named(source, [] if given is None else [given], workflow_id)
    body = source.workflow(its_id) if is_workflow else source.task(its_id)
    now, locale = source.now(), source.locale
    if body is None:
        raise (WorkflowNotFound if is_workflow else TaskNotFound)(its_id)
    if as_json:
        echo_json(body)
        return
    click.echo("\n".join(printing.of_record(body, now, locale)))
    if is_workflow:
        return
    # A record that has just gone has no timeline.
    timeline = source.timeline(its_id)
    if timeline is not None and (happened := list(printing.of_timeline(timeline, locale))):
        click.echo("\n".join(("", *happened)))
    if body["status"] == TaskStatus.CREATED and source.no_worker():
        click.echo(formats.text(locale, "no_workers"))


@click.command(cls=Command)
@click.argument("task_id")
@as_json
@reads
def stack(source: Source, task_id: str, as_json: bool) -> None:
    """Print the lines of code where a job is, newest first.

    The command requests the stack from the job's process, which takes two to three seconds.
    """
    task_id = task_named(source, task_id)
    asked, deadline = source.request_stack(task_id), time.monotonic() + _LONGEST_S
    while (entry := _answer(source, task_id, asked)) is None:
        if time.monotonic() > deadline:
            raise click.ClickException(f"no answer yet: show {task_id} will have it")
        time.sleep(_POLL_S)
    if as_json:
        echo_json(entry)
    else:
        click.echo("\n".join(printing.of_timeline({"gone": 0, "entries": [entry]}, source.locale)))
    if not entry.get("frames"):
        raise click.exceptions.Exit(1)


def _answer(source: Source, task_id: str, asked: datetime) -> Body | None:
    """The stack that was taken since then, or the entry that there is no answer."""
    entries = (source.timeline(task_id) or {"entries": ()})["entries"]
    newer = (e for e in entries if datetime.fromisoformat(e["time"]) >= asked)
    return next((entry for entry in newer if entry["event"] == "stack"), None)


@click.command(cls=Command)
@click.argument("task_id")
@click.option("-f", "--follow", is_flag=True, help="Continue until the task ends.")
@click.option(
    "-n",
    "--lines",
    "limit",
    type=click.IntRange(1, _MOST_LINES),
    default=_LINES,
    show_default=True,
    help="Number of newest lines.",
)
@as_json
@reads
def logs(source: Source, task_id: str, follow: bool, limit: int, as_json: bool) -> None:
    """Print a task's log.

    It has the lines that the job wrote with progress.log(). With -f the command prints new lines
    until the task ends, or until Ctrl-C.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown"):
        click.get_current_context().color = False
    try:
        task_id = task_named(source, task_id)
        found, ended = _lines_after(source, task_id, None, limit)
        last, answered = _print_lines(found, None, as_json=as_json), time.monotonic()
        while follow and not (ended and not found):
            if len(found) < _LINES:
                time.sleep(_FOLLOW_S)
            try:
                found, ended = _lines_after(source, task_id, last or 0, _LINES)
            except (StoreUnavailable, TaskNotFound) as error:
                if time.monotonic() - answered > AWAY_S:
                    raise
                if isinstance(error, TaskNotFound):  # a job writes it again, with another log
                    last = 0
                found, ended = [], False
            else:
                answered = time.monotonic()
            last = _print_lines(found, last or 0, as_json=as_json)
    except KeyboardInterrupt:  # the way to leave
        raise click.exceptions.Exit(130) from None


def _lines_after(
    source: Source, task_id: str, after: int | None, limit: int
) -> tuple[list[Body], bool]:
    """The lines after a number, None for the newest; and whether the task has ended."""
    body = source.task(task_id)
    if body is None:
        raise TaskNotFound(task_id)
    return source.log(task_id, after, limit), body["final"]


def _print_lines(lines: list[Body], last: int | None, *, as_json: bool) -> int | None:
    """Prints lines behind that of a number; returns the last one's."""
    for line in lines:
        if as_json:
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            if last is not None and line["id"] > last + 1:
                click.echo(click.style(f"… {line['id'] - last - 1} lines are gone", dim=True))
            at = datetime.fromisoformat(line["time"]).astimezone()
            level = click.style(f"{line['level']:<8}", fg=formats.LEVELS.get(line["level"]))
            text = "\n  ".join(map(formats.clean, str(line["text"]).splitlines() or [""]))
            click.echo(f"{at:%H:%M:%S}  {level} {text}")
        last = int(line["id"])
    return last
