"""The commands: `progress-backend …`, and most of them as `celery -A APP progress …`."""

from __future__ import annotations

import copy
from importlib.metadata import version
from typing import Any

import click
from click.core import ParameterSource

from .control_commands import cancel, pause, resume
from .list_commands import tasks, workers, workflows
from .log_command import logs
from .serve_command import serve
from .session import Session
from .show_command import show
from .sign_command import sign
from .token_commands import token
from .watch_command import watch
from .webhook_commands import webhook

__all__ = ["main", "progress"]


def _load(ctx: click.Context, _: click.Parameter, name: str | None) -> None:
    """Loads the Celery app of `-A`, whether it stands before or after the command's name."""
    by_environment = ctx.get_parameter_source("app") is ParameterSource.ENVIRONMENT
    if name is None or (by_environment and ctx.obj is not None):
        return
    from celery.app.utils import find_app

    try:
        ctx.obj = Session(find_app(name))
    except Exception as error:  # importing a user's module can raise anything
        why = f"{type(error).__name__}: {error}"
        raise click.ClickException(f"cannot load the Celery app {name!r}: {why}") from error


def _app_option(envvar: str | None = None) -> click.Option:
    """`-A APP`: `celery` takes it before a command, ours before and behind."""
    return click.Option(
        ["-A", "--app"],
        metavar="APP",
        envvar=envvar,
        expose_value=False,
        callback=_load,
        help="Celery app whose configuration names the store, as celery's own -A.",
    )


def _with_app(command: click.Command) -> click.Command:
    """The command with an option for what `celery` takes before it."""
    command = copy.copy(command)
    command.params = [*command.params, _app_option(envvar="CELERY_APP")]
    return command


def _named(command: click.Command, name: str) -> click.Command:
    """The command under another name, which the help leaves out."""
    command = copy.copy(command)
    command.name, command.hidden = name, True
    return command


_HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
def progress(**_: Any) -> None:
    """Look at, watch and steer the app's tasks by their progress records."""


@click.group(context_settings=_HELP)
@click.version_option(version("progress-backend"), package_name="progress-backend")
def main() -> None:
    """Live, truthful progress of Celery tasks.

    The store is PROGRESS_REDIS_URL, else the Redis that a Celery app (-A) uses.
    """


main.params.append(_app_option())
for _command in (tasks, watch, show, logs, workflows, workers, cancel, pause, resume):
    progress.add_command(_command)
    main.add_command(_with_app(_command))
# `list` and `status` are what many type first.
for _command, _name in ((tasks, "list"), (show, "status")):
    progress.add_command(_named(_command, _name))
    main.add_command(_named(_with_app(_command), _name))
main.add_command(_with_app(serve))
main.add_command(token)
main.add_command(_with_app(webhook))
main.add_command(_with_app(sign))
