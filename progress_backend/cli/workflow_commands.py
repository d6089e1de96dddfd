"""The command `workflows`, and what `show` and `watch` do with `--workflow`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import click

from ..errors import WorkflowNotFound
from ..record import caller_events
from ..service.pagination import pagination
from ..settings import Settings
from ..terminal import formats, tables, workflow_tables
from ..terminal.source import Source
from .api_options import api_options, opened
from .session import Command, echo_json, only_one, reader_settings

F = TypeVar("F", bound=Callable[..., Any])

#: Pages of the newest workflows among which an id is looked for by its beginning.
_PAGES: Final = 10

workflow_option = click.option(
    "--workflow",
    "workflow_id",
    metavar="ID",
    help="A workflow: the id of the result that apply_async of the canvas returned.",
)


def workflow_options(command: F) -> F:
    """Options that choose a workflow, and where it is read: `workflow_id`, `url`, `token`."""
    return workflow_option(api_options(command))


def check_choice(workflow_id: str | None, others: bool) -> None:
    """Ends the command where `--workflow` stands beside tasks.

    Raises:
        click.UsageError: so it is.
    """
    if workflow_id is not None and others:
        raise click.UsageError("give --workflow or tasks, not both")


@click.command(cls=Command)
@click.option("--page", type=click.IntRange(1, 10**9), default=1, show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(1, caller_events.MAX_LIMIT),
    default=20,
    show_default=True,
    help="Workflows a page.",
)
@api_options
@click.option("--no-trunc", is_flag=True, help="Whole ids and names, whatever the width.")
@click.option("--json", "as_json", is_flag=True, help="Whole rows, for programs.")
@click.pass_context
def workflows(
    ctx: click.Context,
    page: int,
    limit: int,
    url: str | None,
    token: str | None,
    no_trunc: bool,
    as_json: bool,
) -> None:
    """List workflows, newest first.

    Each chain, group or chord of tracked tasks is one. `show --workflow ID` and `watch --workflow
    ID` take their ids as short as they are here.
    """
    settings = reader_settings(ctx)
    with opened(settings, url, token) as source:
        found, now = source.workflows(page, limit), source.now()
    bodies = [json.loads(row) for row in found.rows]
    pages = pagination(page, limit, found.total)
    if as_json:
        echo_json({"workflows": bodies, "pagination": pages})
        return
    if bodies:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        shown = None if no_trunc else width
        click.echo("\n".join(workflow_tables.table(bodies, now, shown, settings.locale)))
    elif not found.total:
        click.echo(formats.text(settings.locale, "no_workflows"))
    click.echo(workflow_tables.counted(pages, settings.locale))
    click.echo(url or tables.store(settings))


def show_workflow(
    settings: Settings, workflow_id: str, url: str | None, token: str | None, *, as_json: bool
) -> None:
    """Prints one workflow.

    Raises:
        WorkflowNotFound: there is none with this id.
    """
    with opened(settings, url, token) as source:
        workflow_id = known_id(source, workflow_id)
        document = source.workflow(workflow_id)
        now = source.now()
    if document is None:
        raise WorkflowNotFound(workflow_id)
    body = json.loads(document)
    if as_json:
        echo_json(body)
    else:
        click.echo("\n".join(workflow_tables.details(body, now, settings.locale)))


def known_id(source: Source, given: str) -> str:
    """The workflow's id of a command's argument: `given`, or the only recent id that begins with
    it.

    Raises:
        click.ClickException: several recent ids begin with it.
    """
    if source.workflow(given) is not None:
        return given
    return only_one("workflow", given, _recent(source))


def _recent(source: Source) -> Iterator[str]:
    for page in range(1, _PAGES + 1):
        found = source.workflows(page, caller_events.MAX_LIMIT)
        for row in found.rows:
            yield json.loads(row)["workflow_id"]
        if page * caller_events.MAX_LIMIT >= (found.total or 0):
            return
