"""The command `logs`, which prints the log of a task."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from typing import Final

import click

from ..errors import StoreUnavailable, TaskNotFound
from ..terminal.formats import clean
from ..terminal.readers import AWAY_S
from ..terminal.source import Body, Source
from .naming import task_named
from .session import Command, as_json, reads

#: Lines that are printed unless a number is given, and at most; those of one read.
_LINES, _MOST_LINES = 200, 1_000
#: Seconds between two reads of a log that is followed.
_POLL_S: Final = 1.0
#: Colours of the levels; the others have none.
_COLOURS: Final = {"warning": "yellow", "error": "red", "critical": "red", "debug": "bright_black"}


@click.command(cls=Command)
@click.argument("task_id")
@click.option("-f", "--follow", is_flag=True, help="Continue until the task ends.")
@click.option(
    "-n",
    "--lines",
    "limit",
    type=click.IntRange(1, _MOST_LINES),
    default=_LINES,
    show_default=True,
    help="Number of newest lines.",
)
@as_json
@reads
def logs(source: Source, task_id: str, follow: bool, limit: int, as_json: bool) -> None:
    """Print a task's log.

    It has the lines that the job wrote with progress.log(). With -f the command prints new lines
    until the task ends, or until Ctrl-C.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown"):
        click.get_current_context().color = False
    try:
        task_id = task_named(source, task_id)
        found, ended = _read(source, task_id, None, limit)
        last, answered = _print(found, None, as_json=as_json), time.monotonic()
        while follow and not (ended and not found):
            if len(found) < _LINES:
                time.sleep(_POLL_S)
            try:
                found, ended = _read(source, task_id, last or 0, _LINES)
            except (StoreUnavailable, TaskNotFound) as error:
                if time.monotonic() - answered > AWAY_S:
                    raise
                if isinstance(error, TaskNotFound):  # a job writes it again, with another log
                    last = 0
                found, ended = [], False
            else:
                answered = time.monotonic()
            last = _print(found, last or 0, as_json=as_json)
    except KeyboardInterrupt:  # the way to leave
        raise click.exceptions.Exit(130) from None


def _read(source: Source, task_id: str, after: int | None, limit: int) -> tuple[list[Body], bool]:
    """The lines after a number, None for the newest; and whether the task has ended."""
    body = source.task(task_id)
    if body is None:
        raise TaskNotFound(task_id)
    return source.log(task_id, after, limit), body["final"]


def _print(lines: list[Body], last: int | None, *, as_json: bool) -> int | None:
    """Prints lines behind that of a number; returns the last one's."""
    for line in lines:
        if as_json:
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            if last is not None and line["id"] > last + 1:
                click.echo(click.style(f"… {line['id'] - last - 1} lines are gone", dim=True))
            at = datetime.fromisoformat(line["time"]).astimezone()
            level = click.style(f"{line['level']:<8}", fg=_COLOURS.get(line["level"]))
            text = "\n  ".join(map(clean, str(line["text"]).splitlines() or [""]))
            click.echo(f"{at:%H:%M:%S}  {level} {text}")
        last = int(line["id"])
    return last
