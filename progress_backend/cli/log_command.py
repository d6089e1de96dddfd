"""The command `logs`, which prints the log of a task."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import click

from ..errors import StoreUnavailable, TaskNotFound
from ..flows import task_log
from ..terminal.formats import clean
from ..terminal.source import Line, Source
from .api_options import api_options, known_task_id, opened
from .session import Command, reader_settings

#: Seconds between two reads of a log that is followed.
_POLL_S: Final = 1.0
#: Seconds for which a store or an API that does not answer is asked again.
_AWAY_S: Final = 60.0
#: Colours of the levels; the others have none.
_COLOURS: Final = {"warning": "yellow", "error": "red", "critical": "red", "debug": "bright_black"}

#: Reads the lines after a number, None for the newest, `limit` at most; and whether the task has
#: ended.
Read = Callable[[int | None, int], tuple[list[Line], bool]]


@click.command(cls=Command)
@click.argument("task_id")
@click.option("-f", "--follow", is_flag=True, help="Go on to the task's end.")
@click.option(
    "-n",
    "--lines",
    "limit",
    type=click.IntRange(1, task_log.MOST_LINES),
    default=task_log.LINES,
    show_default=True,
    help="So many of the newest lines.",
)
@api_options
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, for programs.")
@click.pass_context
def logs(
    ctx: click.Context,
    task_id: str,
    follow: bool,
    limit: int,
    url: str | None,
    token: str | None,
    as_json: bool,
) -> None:
    """Print a task's log: what its job has written by progress.log().

    With -f it goes on until the task has ended.
    """
    with opened(reader_settings(ctx), url, token) as source:
        read = _lines_and_end(source, known_task_id(source, task_id))
        last, more = None, limit
        while True:
            found, ended = _patiently(read, last, more) if last is not None else read(None, limit)
            for line in found:
                _print(line, last, as_json=as_json)
                last = int(line["id"])
            if not follow or (ended and not found):
                return
            last, more = last or 0, task_log.LINES
            if len(found) < more:
                time.sleep(_POLL_S)


def _lines_and_end(source: Source, task_id: str) -> Read:
    """What reads the log, and whether its task has ended."""

    def read(after: int | None, limit: int) -> tuple[list[Line], bool]:
        document = source.task(task_id)
        lines = source.log(task_id, after, limit)
        if document is None:
            raise TaskNotFound(task_id)
        return lines, json.loads(document)["final"]

    return read


def _patiently(read: Read, after: int | None, limit: int) -> tuple[list[Line], bool]:
    """Reads, for a minute again and again while there is no answer."""
    deadline = time.monotonic() + _AWAY_S
    while True:
        try:
            return read(after, limit)
        except StoreUnavailable:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_S)


def _print(line: Line, last: int | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(line, ensure_ascii=False))
        return
    if last is not None and line["id"] > last + 1:
        click.echo(click.style(f"… {line['id'] - last - 1} lines are gone", dim=True))
    at = datetime.fromisoformat(line["time"]).astimezone()
    level = click.style(f"{line['level']:<8}", fg=_COLOURS.get(line["level"]))
    text = "\n  ".join(map(clean, str(line["text"]).splitlines() or [""]))
    click.echo(f"{at:%H:%M:%S}  {level} {text}")
