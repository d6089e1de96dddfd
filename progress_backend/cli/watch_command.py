"""The command `watch`, which shows tasks while they run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import click

from ..errors import StoreUnavailable
from ..record.caller_events import MAX_LIMIT
from ..terminal import ApiReader, Choice, Reader, WorkflowReader
from ..terminal.following import Source, follow
from ..terminal.shows import show_in_terminal
from ..terminal.workflow_source import WorkflowSource
from .api_options import client_of, known_task_id
from .session import Command, filters, open_store, reader_settings, whole_id
from .workflow_commands import check_choice, known_id, open_source, workflow_options


@click.command(cls=Command)
@click.argument("task_ids", nargs=-1, metavar="[TASK_ID]...")
@workflow_options
@filters
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LIMIT),
    default=50,
    show_default=True,
    help="Tasks shown at most.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 60),
    default=0.5,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option("--plain", is_flag=True, help="A line a change instead of live bars.")
@click.pass_context
def watch(
    ctx: click.Context,
    /,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    url: str | None,
    token: str | None,
    limit: int,
    interval: float,
    plain: bool,
    **chosen: str | None,
) -> None:
    """Watch tasks with live bars.

    With TASK_IDs it ends when they all have ended, a cancelled one when its worker has confirmed
    that; with --workflow it shows the workflow and its members, and ends with the workflow. The
    exit code is 0 if all were completed, else 1, and 130 after Ctrl-C. Without either it shows the
    newest tasks that pass the filters, until Ctrl-C. When the output is no terminal it prints a
    line a change. A store that does not answer for a minute ends it with 1.
    """
    if len(task_ids) > MAX_LIMIT:
        raise click.UsageError(f"at most {MAX_LIMIT} tasks can be watched at once")
    if task_ids and any(chosen.values()):
        raise click.UsageError("give TASK_IDs or filters, not both")
    check_choice(workflow_id, bool(task_ids) or any(chosen.values()))
    settings, named = reader_settings(ctx), bool(task_ids) or workflow_id is not None
    with ExitStack() as stack:
        show = show_in_terminal(settings.locale, plain=plain or not sys.stdout.isatty())
        stack.enter_context(show)
        try:
            reader: Source
            if workflow_id is not None:
                source = stack.enter_context(open_source(settings, url, token))
                whole = _whole_workflow_id(source, workflow_id)
                reader = WorkflowReader(source, whole, limit, settings.locale)
            elif url is not None:
                api = client_of(url, token)
                ids = _whole_ids(partial(known_task_id, api), task_ids)
                reader = ApiReader(api, Choice(ids, limit=limit, **chosen))
            else:
                store = stack.enter_context(open_store(settings))
                ids = _whole_ids(partial(whole_id, store), task_ids)
                reader = Reader(store, Choice(ids, limit=limit, **chosen))
            view = follow(reader, show, interval, until_ended=named)
        except KeyboardInterrupt:
            # The way to leave; of what was named it is not known how it ends.
            stack.close()
            ctx.exit(130 if named else 0)
        show.final(view)
    ctx.exit(0 if view.completed else 1)


def _whole_workflow_id(source: WorkflowSource, given: str) -> str:
    """The id of `--workflow`; while nothing answers it is taken as it is."""
    try:
        return known_id(source, given)
    except StoreUnavailable:
        return given


def _whole_ids(known: Callable[[str], str], given: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the arguments; while nothing answers they are taken as they are."""
    try:
        return tuple(dict.fromkeys(known(task_id) for task_id in given))
    except StoreUnavailable:
        return tuple(dict.fromkeys(given))
