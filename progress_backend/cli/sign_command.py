"""The command `sign`: a share token for somebody's browser."""

from __future__ import annotations

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
def sign(
    ctx: click.Context,
    task_id: str | None,
    workflow_id: str | None,
    task_type: str | None,
    owner: str | None,
    ttl: float,
) -> None:
    """Sign a share token, with which a browser may read what is named and nothing else.

    PROGRESS_SIGNING_KEYS has the keys; the first signs.
    """
    token = share_tokens.sign(
        task_id=task_id,
        workflow_id=workflow_id,
        task_type=task_type,
        owner=owner,
        ttl=ttl,
        settings=settings_of(ctx),
    )
    click.echo(token)
