"""The commands `tasks` and `show`, which print tasks as they are now."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

import click

from ..errors import TaskNotFound
from ..record import caller_events, task_json
from ..record.list_request import NEWEST, SORTS, ListRequest
from ..record.model import KINDS
from ..service.pagination import pagination
from ..terminal import tables
from ..terminal.past import lines
from ..terminal.remaining import starting
from ..terminal.top_rows import row_of
from .api_options import api_options, known_task_id, opened
from .session import Command, echo_json, filters, reader_settings
from .workflow_commands import check_choice, show_workflow, workflow_options


@click.command(cls=Command)
@filters
@click.option(
    "--top",
    is_flag=True,
    help="Only what nothing else started: tasks of no workflow, and workflows, a row each.",
)
@click.option(
    "--warning",
    type=click.Choice(KINDS),
    help="Only tasks with this warning; with no other filter but --status.",
)
@click.option("--owner", help="Only tasks of this owner; with no other filter but --status.")
@click.option("--cursor", help="With --url: go on where the list before has ended.")
@click.option(
    "--id",
    "id_prefix",
    metavar="TEXT",
    help="Only tasks whose ids begin so, of the newest 10,000; six characters at least, and no "
    "other filter.",
)
@click.option(
    "--created-from",
    metavar="TIME",
    help="Only tasks created then or later, such as 2026-01-15T09:00:00+09:00.",
)
@click.option("--created-to", metavar="TIME", help="Only tasks created before then.")
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default=NEWEST,
    show_default=True,
    help="running: running tasks first; ended: by end, the last first.",
)
@click.option("--page", type=click.IntRange(1, 10**9), default=1, show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(1, caller_events.MAX_LIMIT),
    default=20,
    show_default=True,
    help="Tasks a page.",
)
@click.option("--no-trunc", is_flag=True, help="Whole ids, names and dates, whatever the width.")
@api_options
@click.option("--json", "as_json", is_flag=True, help="Whole records, for programs.")
@click.pass_context
def tasks(
    ctx: click.Context,
    /,
    url: str | None,
    token: str | None,
    no_trunc: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """List tasks, newest first.

    In a terminal the rows are cut to its width, and ids are as short as they are unique here: other
    commands take them so. Below them stand how many tasks there are of each status, whatever the
    filters, and which store was read.
    """
    asked = ListRequest(**wanted)  # the other options have the names of its values
    settings = reader_settings(ctx)
    with opened(settings, url, token) as source:
        found, now = source.tasks(asked, whole=as_json), source.now()
    pages = pagination(asked.page, asked.limit, found.total)
    if as_json:
        listing = [json.loads(row) for row in found.rows]
        body = {"tasks": listing, "pagination": pages, "summary": found.counts}
        echo_json(body if found.cursor is None else {**body, "cursor": found.cursor})
        return
    if found.rows:
        shown = [row_of(row, settings.locale) for row in found.rows]
        if no_trunc:
            lines = tables.whole_table(shown, settings.locale)
        else:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            lines = tables.table(shown, now, width, settings.locale)
        click.echo("\n".join(lines))
    counted = tables.counted(
        pages, found.counts, settings.locale, top=asked.top, cursor=found.cursor
    )
    click.echo(counted)
    click.echo(url or tables.store(settings))


@click.command(cls=Command)
@click.argument("task_id", required=False)
@workflow_options
@click.option("--json", "as_json", is_flag=True, help="The whole record, for programs.")
@click.pass_context
def show(
    ctx: click.Context,
    task_id: str | None,
    workflow_id: str | None,
    url: str | None,
    token: str | None,
    as_json: bool,
) -> None:
    """Show one task, or one workflow, in full."""
    check_choice(workflow_id, task_id is not None)
    settings = reader_settings(ctx)
    if workflow_id is not None:
        show_workflow(settings, workflow_id, url, token, as_json=as_json)
        return
    if task_id is None:
        raise click.UsageError("give a TASK_ID, or --workflow ID")
    with opened(settings, url, token) as source:
        task_id = known_task_id(source, task_id)
        document, now = source.task(task_id), source.now()
        past = None if as_json else source.timeline(task_id)
    if document is None:
        raise TaskNotFound(task_id)
    if as_json:
        echo_json(json.loads(document))
    else:
        task, locale = task_json.decode(document), settings.locale
        start = starting(json.loads(document), now, locale)
        click.echo("\n".join(tables.details(task, now, locale, start)))
        # A record that has just gone has no timeline.
        if past is not None and (happened := list(lines(json.loads(past), locale))):
            click.echo("\n".join(("", *happened)))
