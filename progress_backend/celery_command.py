"""`celery progress`: Celery imports this module for each of its commands, so it imports no more."""

from __future__ import annotations

import click
from click_didyoumean import DYMGroup


class LazyGroup(DYMGroup):  # type: ignore[misc]  # ships no types
    """`cli.COMMANDS`, imported when one of them, or their list, is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        from .cli import COMMANDS

        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None without one."""
        from .cli import COMMANDS

        return COMMANDS.get(cmd_name)


progress = LazyGroup(
    "progress",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Read, watch, cancel, pause and resume the app's tasks.",
)
