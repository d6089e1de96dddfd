"""The command `show`, which prints one task or workflow as it is now."""

from __future__ import annotations

import click

from ..errors import TaskNotFound, WorkflowNotFound
from ..record.model import TaskStatus
from ..terminal import details, formats
from ..terminal.source import Source
from .naming import named
from .session import Command, as_json, echo_json, reads, workflow_option


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
    elif is_workflow:
        click.echo("\n".join(details.of_workflow(body, now, locale)))
    else:
        click.echo("\n".join(details.of_task(body, now, locale)))
        # A record that has just gone has no timeline.
        timeline = source.timeline(its_id)
        if timeline is not None and (happened := list(details.of_timeline(timeline, locale))):
            click.echo("\n".join(("", *happened)))
        if body["status"] == TaskStatus.CREATED and source.no_worker():
            click.echo(formats.text(locale, "no_workers"))
