"""The commands: `progress-backend …`, and most of them as `celery -A APP progress …`."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import click

from .control_commands import cancel, pause, resume
from .demo_command import demo
from .list_commands import tasks, workers, workflows
from .log_command import logs
from .serve_command import serve
from .session import app_option
from .show_command import show
from .sign_command import sign
from .token_commands import token
from .watch_command import watch
from .webhook_commands import webhook

__all__ = ["main", "progress"]


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


main.params.append(app_option())
for _command in (tasks, watch, show, logs, workflows, workers, cancel, pause, resume):
    for _group in (progress, main):
        _group.add_command(_command)
# `list` and `status` are what many type first.
for _group in (progress, main):
    _group.add_command(tasks, "list")
    _group.add_command(show, "status")
for _own in (demo, serve, token, webhook, sign):
    main.add_command(_own)
