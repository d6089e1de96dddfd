"""The commands `start` and `again`, which publish a job that its task's mark lets others start."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from ..errors import ProgressError, StoreUnavailable
from ..record.act import MOST_NAMED
from ..terminal.readers import TasksReader
from ..terminal.source import Source
from .naming import task_named
from .session import Command, app_of, need, reads
from .watch_command import show_until_end

#: Exit codes: nothing was started; it is not known whether it was.
NOT_STARTED: Final = 2
UNKNOWN: Final = 1
_INTERVAL_S: Final = 0.5
_TIMED_OUT: Final = 504


def _arguments(
    ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, Any]:
    """The keyword arguments; a value is JSON where it can be read as JSON, else text."""
    arguments = dict[str, Any]()
    for one in given:
        name, is_pair, text = one.partition("=")
        if not (is_pair and name):
            raise click.BadParameter(f"{one!r} is not key=value", ctx, parameter)
        if name in arguments:
            raise click.BadParameter(f"{name} is given twice", ctx, parameter)
        try:
            arguments[name] = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError):
            arguments[name] = text
    return arguments


def _no_number(text: str) -> float:
    raise ValueError(text)  # NaN and Infinity are no JSON


@click.command(cls=Command)
@click.argument("name")
@click.argument("arguments", metavar="[KEY=VALUE]...", nargs=-1, callback=_arguments)
@click.option("--wait", is_flag=True, help="Show the job with a live bar until it has ended.")
@click.option(
    "--key",
    metavar="KEY",
    help="Idempotency-Key: the same key and values start one job, however often the command runs.",
)
@reads
def start(
    source: Source, name: str, arguments: dict[str, Any], wait: bool, key: str | None
) -> None:
    """Start a job, and print its task's id.

    NAME is the name of a Celery task that is marked @progress_task(start=True). A VALUE that is
    valid JSON is read as JSON (rows=3), any other as text; rows='"3"' gives the text 3. With --url
    the API starts the job (serve --start), else this command does, with the app of -A. With --wait
    the exit code is 0 if the job completed, else 1. Ctrl-C gives 130, and the job continues. Exit
    code 2: no job was started. 1 without a printed id: it is not known whether a job was started.
    """
    _check_door(source)
    try:
        task_id = source.start(name, arguments, key)["task_id"]
    except ProgressError as error:
        click.echo(f"Error: {error}", err=True)
        code = UNKNOWN if _is_unknown(source, error) else NOT_STARTED
        raise click.exceptions.Exit(code) from error
    click.echo(task_id)
    if not wait:
        return
    try:
        reader = TasksReader(source, [task_id])
        show_until_end(source, lambda: reader, _INTERVAL_S, source.url, whole=True)
    except click.exceptions.Exit as left:
        if left.exit_code == 130:
            click.echo(f"the job continues: progress-backend watch {task_id}", err=True)
        raise


def _check_door(source: Source) -> None:
    """Ends the command where neither an API nor this process can publish."""
    if source.url is not None:
        return
    if app_of(click.get_current_context()) is None:
        raise click.UsageError("name the Celery app of the job (-A), or an API (--url)")
    need("api", "pydantic")


@click.command(cls=Command)
@click.argument("task_ids", metavar="TASK_ID...", nargs=-1, required=True)
@reads
def again(source: Source, task_ids: tuple[str, ...]) -> None:
    """Run ended tasks again, each as a new task with the same arguments.

    This works for tasks that are marked @progress_task(start=True) and belong to no workflow. The
    command prints the new ids. `tasks -q` prints the ids of tasks that match filters:
    progress-backend again $(progress-backend tasks -q --status error --type nightly)
    """
    _check_door(source)
    if len(task_ids) > MOST_NAMED:
        raise click.UsageError(f"give {MOST_NAMED} TASK_IDs at most, not {len(task_ids):,}")
    refused = False
    for given in dict.fromkeys(task_ids):
        try:
            task_id = task_named(source, given)
            new_id = source.again(task_id)["task_id"]
            click.echo(f"task {task_id} runs again as {new_id}")
        except (ProgressError, click.ClickException) as error:
            click.echo(f"task {given} does not run again: {error}", err=True)
            refused = True
    if refused:
        raise click.exceptions.Exit(1)


def _is_unknown(source: Source, error: ProgressError) -> bool:
    """Whether a start that failed may have published its message."""
    if source.url is None:
        return error.status_code == _TIMED_OUT
    return isinstance(error, StoreUnavailable) and error.late
