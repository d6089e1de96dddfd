"""The commands `tasks` and `show`, which print tasks as they are now."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import quote

import click

from ..errors import TaskNotFound
from ..flows import task_list, task_timeline
from ..record import caller_events, task_json
from ..record.default_texts import Locale
from ..record.json_text import dumps
from ..record.list_request import NEWEST, SORTS, ListRequest
from ..record.model import KINDS, Task
from ..service.pagination import pagination
from ..settings import Settings
from ..terminal import tables, workflow_tables
from ..terminal.api_client import ApiClient
from ..terminal.past import lines
from ..terminal.remaining import starting
from .api_options import api_options, client_of, known_task_id
from .session import Command, echo_json, filters, open_store, reader_settings, whole_id
from .workflow_commands import check_choice, show_workflow, workflow_options

#: Rows of a list, its pagination, its summary, the time there, and where the list goes on.
Found = tuple[list[bytes], Mapping[str, Any], Mapping[str, int | None], datetime, str | None]


@click.command(cls=Command)
@filters
@click.option(
    "--top",
    is_flag=True,
    help="Only what nothing else started: tasks of no workflow, and workflows, a row each.",
)
@click.option(
    "--remark",
    type=click.Choice(KINDS),
    help="Only tasks with this remark; it goes with no other filter but --owner.",
)
@click.option(
    "--owner",
    help="Only tasks of this owner. With another filter than --status ten tasks a row are looked "
    "at, and --cursor goes on.",
)
@click.option("--cursor", help="Go on where the list before has ended.")
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
    help="running: running tasks first; ended: by end, with --status completed, error or "
    "cancelled.",
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
    asked.check()
    settings = reader_settings(ctx)
    if url is None:
        found = _of_store(settings, asked, whole=as_json)
    else:
        found = _of_api(client_of(url, token), asked, whole=as_json)
    documents, pages, counts, now, goes_on = found
    if as_json:
        listing = [json.loads(document) for document in documents]
        body = {"tasks": listing, "pagination": pages, "summary": counts}
        echo_json(body if goes_on is None else {**body, "cursor": goes_on})
        return
    if documents:
        shown = [_row(document, settings.locale) for document in documents]
        if no_trunc:
            lines = tables.whole_table(shown, settings.locale)
        else:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            lines = tables.table(shown, now, width, settings.locale)
        click.echo("\n".join(lines))
    click.echo(tables.counted(pages, counts, settings.locale, top=asked.top, cursor=goes_on))
    click.echo(url or tables.store(settings))


def _of_store(settings: Settings, asked: ListRequest, *, whole: bool) -> Found:
    """A page of a store's list."""
    with open_store(settings) as store:
        store.ready()
        now = store.now()
        found = store.run(task_list.listed(store.flows, asked, now, light=not whole))
    pages = pagination(asked.page, asked.limit, found.total)
    return found.rows, pages, found.counts, now, found.cursor


def _of_api(api: ApiClient, asked: ListRequest, *, whole: bool) -> Found:
    """A page of an API's list."""
    given = {**asdict(asked), "top": "true" if asked.top else None}
    body = api.listed("tasks", {**given, "fields": "all" if whole else None})
    documents = [dumps(row).encode() for row in body["tasks"]]
    return documents, body["pagination"], body["summary"], api.now(), body.get("cursor")


def _row(document: bytes, locale: Locale) -> Task:
    """A row of the list, which may be a workflow's."""
    body = json.loads(document)
    if "workflow_id" in body:
        return workflow_tables.as_row(body, locale)
    return task_json.decode(document)


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
    if url is not None:
        api = client_of(url, token)
        task_id = known_task_id(api, task_id)
        document, now = api.status("task", task_id), api.now()
        past = (
            None
            if as_json
            else api.ask("GET", f"/internal/task/{quote(task_id, safe='')}/timeline")
        )
    else:
        with open_store(settings) as store:
            task_id = whole_id(store, task_id)
            document = store.run(store.flows.body(task_id))
            document = document and store.run(store.flows.placed(document))
            past = None if as_json else store.run(task_timeline.of(task_id, settings))
            now = store.now()
        document = document and store.flows.as_of(document, now)
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
