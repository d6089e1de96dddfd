"""The command `workers`, which lists the workers that track tasks, and what each runs."""

from __future__ import annotations

import shutil
import sys

import click

from ..terminal import formats, tables, worker_table
from .api_options import api_options, opened
from .session import Command, echo_json, reader_settings


@click.command(cls=Command)
@api_options
@click.option("--no-trunc", is_flag=True, help="All tasks that are known, whatever the width.")
@click.option("--json", "as_json", is_flag=True, help="All that is known, for programs.")
@click.pass_context
def workers(
    ctx: click.Context, url: str | None, token: str | None, no_trunc: bool, as_json: bool
) -> None:
    """List the workers that track tasks: the last sign of each, and what it runs.

    One that has shut down, or was found dead, is listed until it holds no task.
    """
    settings = reader_settings(ctx)
    with opened(settings, url, token) as source:
        body, now = source.workers(), source.now()
    if as_json:
        echo_json(body)
        return
    if body["workers"]:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        shown = None if no_trunc else width
        click.echo("\n".join(worker_table.table(body, now, shown, settings.locale)))
        click.echo(worker_table.counted(body, settings.locale))
    else:
        click.echo(formats.text(settings.locale, "no_workers"))
    click.echo(url or tables.store(settings))
