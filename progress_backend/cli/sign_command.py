"""The command `sign`, which signs a share token for a user's browser."""

from __future__ import annotations

from typing import Any

import click

from ..credentials import share_tokens
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
    """Sign a share token. With it a browser can read only the task, workflow or list that an option
    names.

    PROGRESS_SIGNING_KEYS has the keys; the first key signs.
    """
    click.echo(share_tokens.sign(**given, settings=settings_of(ctx)))
