"""The commands `token new`, `token list` and `token revoke`, for the bearer tokens of the API; and
`sign`, which signs a share token for a user's browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..credentials import share_tokens, tokens
from ..errors import SettingsError
from .session import Command, settings_of


def _settings_file(ctx: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    configured = None if path else settings_of(ctx).tokens_file
    return Path(configured) if configured else path


_file = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_settings_file,
    help="File of tokens, instead of PROGRESS_TOKENS_FILE.",
)


@click.group()
def token() -> None:
    """Create, list and revoke the API's bearer tokens.

    The file that PROGRESS_TOKENS_FILE names has their hashes. The API reads a changed file again
    within a second.
    """


@token.command(cls=Command)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(tokens.ROLES),
    default="read",
    show_default=True,
    help="write: can also create, change and cancel.",
)
@click.option("--type", "task_type", help="Only tasks of this type, e.g. fetch_data.")
@click.option("--owner", help="Only the tasks of this owner, e.g. alice@example.com.")
@_file
def new(name: str, path: Path | None, **limits: Any) -> None:
    """Create a token, and print it one time.

    A line with the token's hash is added to the file of tokens. Without a file this line is
    printed, for PROGRESS_TOKENS.
    """
    text, made = tokens.new(name, **limits)
    if path is not None:
        tokens.write_file(path, [made])
    click.echo(text)
    if path is None:
        click.echo(f"the line for PROGRESS_TOKENS: {made.line()}", err=True)
    else:
        click.echo(f"token {name} is added to {path}; it is not shown again", err=True)


@token.command("list", cls=Command)
@_file
@click.pass_context
def list_(ctx: click.Context, path: Path | None) -> None:
    """List the tokens by name, role, owner and task type."""
    found = [*tokens.read(settings_of(ctx).tokens), *(tokens.read_file(path) if path else ())]
    for one in found:
        limit = "" if one.owner is None else f"  tasks of {one.owner}"
        limit += "" if one.task_type is None else f"  tasks of type {one.task_type}"
        click.echo(f"{one.name}  {one.role}{limit}")
    if not found:
        click.echo("there are no tokens; token new NAME creates one", err=True)


@token.command(cls=Command)
@click.argument("name")
@_file
def revoke(name: str, path: Path | None) -> None:
    """Remove a token from the file; its open sockets and streams end."""
    if path is None:
        raise SettingsError(
            "there is no file of tokens (PROGRESS_TOKENS_FILE, --file); remove a token of "
            "PROGRESS_TOKENS from that variable"
        )
    if name not in (names := [one.name for one in tokens.read_file(path)]):
        raise SettingsError(f"{path} has no token {name}; it has {', '.join(names) or 'none'}")
    tokens.write_file(path, [], removed=[name])
    click.echo(f"token {name} is revoked")


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
