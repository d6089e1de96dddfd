"""The command `stack`, which prints in which line of code a job is."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

import click

from ..terminal import details
from ..terminal.source import Body, Source
from .naming import task_named
from .session import Command, as_json, echo_json, reads

#: Seconds between two reads of the timeline, and after which the command gives up.
_POLL_S: Final = 0.3
_LONGEST_S: Final = 10.0


@click.command(cls=Command)
@click.argument("task_id")
@as_json
@reads
def stack(source: Source, task_id: str, as_json: bool) -> None:
    """Print the lines of code where a job is, newest first.

    The command requests the stack from the job's process, which takes two to three seconds.
    """
    task_id = task_named(source, task_id)
    asked, deadline = source.request_stack(task_id), time.monotonic() + _LONGEST_S
    while (entry := _answer(source, task_id, asked)) is None:
        if time.monotonic() > deadline:
            raise click.ClickException(f"no answer yet: show {task_id} will have it")
        time.sleep(_POLL_S)
    if as_json:
        echo_json(entry)
    else:
        click.echo("\n".join(details.of_timeline({"gone": 0, "entries": [entry]}, source.locale)))
    if not entry.get("frames"):
        raise click.exceptions.Exit(1)


def _answer(source: Source, task_id: str, asked: datetime) -> Body | None:
    """The stack that was taken since then, or the entry that there is no answer."""
    entries = (source.timeline(task_id) or {"entries": ()})["entries"]
    newer = (e for e in entries if datetime.fromisoformat(e["time"]) >= asked)
    return next((entry for entry in newer if entry["event"] == "stack"), None)
