"""The commands: `progress-backend …`, and most of them as `celery -A APP progress …`."""

from __future__ import annotations

from copy import copy
from importlib.metadata import version

import click
from click_didyoumean import DYMGroup

from .control_commands import cancel, pause, resume
from .demo_command import demo
from .read_commands import logs, show, stack, tasks, workers
from .serve_command import mcp, serve
from .session import app_option
from .start_command import again, start
from .token_commands import sign, token
from .watch_command import watch
from .webhook_commands import webhook

__all__ = ["COMMANDS", "main"]

#: Those that `celery progress` has too.
COMMANDS: dict[str, click.Command] = {
    "tasks": tasks,
    "watch": watch,
    "show": show,
    "stack": stack,
    "logs": logs,
    "workers": workers,
    "cancel": cancel,
    "pause": pause,
    "resume": resume,
    "start": start,
    "again": again,
}
#: `list` is `tasks`, which the help names once.
COMMANDS["list"] = copy(tasks)
COMMANDS["list"].hidden = True


@click.group(cls=DYMGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("progress-backend"), package_name="progress-backend")
def main() -> None:
    """Live, truthful progress of Celery tasks.

    The store is PROGRESS_REDIS_URL, else the Redis that a Celery app (-A) uses.
    """


main.params.append(app_option())
for _name, _command in COMMANDS.items():
    main.add_command(_command, _name)
for _own in (demo, serve, mcp, token, webhook, sign):
    main.add_command(_own)
