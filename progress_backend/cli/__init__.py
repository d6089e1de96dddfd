"""The commands: `progress-backend …`, and most of them as `celery -A APP progress …`."""

from __future__ import annotations

import copy
from importlib.metadata import version
from typing import Any

import click

from .asking import cancel, pause, resume
from .reading import list_, show
from .serving import serve
from .session import Session
from .watching import watch

__all__ = ["main", "progress"]


def _load(ctx: click.Context, _: click.Parameter, name: str | None) -> None:
    """Makes the named Celery app the command's."""
    if name is None:
        return
    from celery.app.utils import find_app

    try:
        ctx.obj = Session(find_app(name))
    except Exception as error:  # importing somebody's module can raise anything
        why = f"{type(error).__name__}: {error}"
        raise click.ClickException(f"cannot load the Celery app {name!r}: {why}") from error


def _with_app(command: click.Command) -> click.Command:
    """The command with an option for what `celery` takes before it."""
    option = click.Option(
        ["-A", "--app"],
        metavar="APP",
        envvar="CELERY_APP",
        expose_value=False,
        callback=_load,
        help="Celery app whose configuration names the store, as celery's own -A.",
    )
    command = copy.copy(command)
    command.params = [*command.params, option]
    return command


@click.group()
def progress(**_: Any) -> None:
    """Look at, watch and steer the app's tasks by their progress records."""


@click.group()
@click.version_option(version("progress-backend"), package_name="progress-backend")
def main() -> None:
    """Live, truthful progress of Celery tasks.

    The store is PROGRESS_REDIS_URL, else the Redis that a Celery app (-A) uses.
    """


for _command in (list_, watch, show, cancel, pause, resume):
    progress.add_command(_command)
    main.add_command(_with_app(_command), "tasks" if _command is list_ else None)
main.add_command(_with_app(serve))
