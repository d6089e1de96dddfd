"""The commands `tasks` and `workers`, which list what there is as it is now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ..record.caller_events import MAX_LIMIT
from ..record.list_request import ListRequest
from ..record.model import KINDS
from ..record.sort import NEWEST, SORTS
from ..terminal import formats, tables
from ..terminal.rows import row_of
from ..terminal.source import Source
from .session import Command, as_json, echo_json, filters, options, reads, width


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

    In a terminal the rows are cut to its width, and each id is shortened to its unique start, which
    other commands accept. The last lines show the number of all tasks by status, and the store that
    was read.
    """
    asked = ListRequest(**wanted)  # the other options have the names of its values
    page, now = source.tasks(asked, whole=as_json), source.now()
    if as_json:
        echo_json(page)
        return
    rows = [row_of(row, source.locale) for row in page["tasks"]]
    if quiet:
        click.echo("".join(f"{row.task_id}\n" for row in rows), nl=False)
        return
    shown = tables.of_tasks(rows, now, width(), source.locale) if rows else ()
    _print(source, shown, tables.counted(page, "top" if asked.top else "tasks", source.locale))


@click.command(cls=Command)
@as_json
@reads
def workers(source: Source, as_json: bool) -> None:
    """List the workers that track tasks.

    Each has the last renewal of its lease and its running tasks. A worker that has shut down or
    died is listed until it has no tasks.
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
    _print(source, tables.of_workers(found, now, width(), locale), counted)


def _print(source: Source, rows: Iterable[str], counted: str) -> None:
    click.echo("\n".join((*rows, counted, source.address)))
