"""`celery progress`: Celery imports this module for each of its commands, so it imports no more."""

from __future__ import annotations

from typing import Any

import click


class Deferred(click.Group):
    """A group of commands that is imported when it is called."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """The context of the imported group, which is then run in place of this one."""
        from .cli import progress as imported

        return imported.make_context(*args, **options)


progress = Deferred(
    "progress", help="Look at, watch and steer the app's tasks by their progress records."
)
