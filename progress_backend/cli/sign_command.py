"""The command `sign`: a share token for somebody's browser."""

from __future__ import annotations

from typing import Any

import click

from .. import share_tokens
from .session import Command, settings_of


@click.command(cls=Command)
@click.option("--task", "task_id", metavar="ID", help="The task that may be read.")
@click.option("--workflow", "workflow_id", metavar="ID", help="The workflow that may be read.")
@click.option("--type", "task_type", metavar="TYPE", help="The type of the tasks that may be read.")
@click.option("--owner", metavar="OWNER", help="The owner of the tasks that may be read.")
@click.option(
    "--ttl",
    type=float,
    default=share_tokens.TTL_S,
    show_default=True,
    help="Seconds until the token expires.",
)
@click.pass_context
def sign(ctx: click.Context, /, **given: Any) -> None:
    """Sign a share token, with which a browser may read what is named and nothing else.

    PROGRESS_SIGNING_KEYS has the keys; the first signs.
    """
    click.echo(share_tokens.sign(**given, settings=settings_of(ctx)))
