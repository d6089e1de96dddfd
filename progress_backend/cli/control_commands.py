"""The commands `cancel`, `pause` and `resume`, which a job carries out at its next update."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import click

from ..errors import ProgressError, TransitionRefused
from ..record.act import MOST_NAMED, Action
from ..record.caller_events import MAX_LIMIT
from ..record.list_request import ListRequest
from ..record.model import Task, TaskStatus
from ..terminal import formats
from ..terminal.rows import as_row, task_of
from ..terminal.source import Source
from .naming import named
from .session import Command, all_filters, options, reads, workflow_option

#: Tasks that one command asks at most, and pages of each status that it reads for them.
MOST: Final = 1_000
_MOST_PAGES: Final = 50
#: Ids that a line names at most.
_NAMED: Final = 3
#: The statuses of the tasks that an act changes.
CHANGES: Final[Mapping[Action, tuple[str, ...]]] = {
    "cancel": (TaskStatus.RUNNING, TaskStatus.CREATED, TaskStatus.PAUSED),
    "pause": (TaskStatus.RUNNING, TaskStatus.CREATED),
    "resume": (TaskStatus.PAUSED,),
}
#: What tasks do that were asked.
_THEN: Final[Mapping[Action, str]] = {
    "cancel": "what waits never begins, and what runs ends at its next update",
    "pause": "what waits does not begin, and what runs waits at its next update",
    "resume": "what waits goes on",
}
#: The statuses in which an act has nothing left to do, which is no failure of the command.
_REACHED: Final[Mapping[Action, tuple[str, ...]]] = {
    "cancel": (TaskStatus.CANCELLED,),
    "pause": (TaskStatus.PAUSED,),
    "resume": (TaskStatus.RUNNING, TaskStatus.CREATED),
}
_about = options(
    click.argument("task_ids", metavar="[TASK_ID]...", nargs=-1),
    workflow_option,
    all_filters,
    click.option(
        "--limit",
        type=click.IntRange(1, MOST),
        default=MOST,
        show_default=True,
        help="With a filter: so many tasks at most.",
    ),
    click.option("--yes", "-y", is_flag=True, help="With a filter: do it without a question."),
)
_reason = click.option("--reason", help="Why; kept in the record, where readers see it.")


@click.command(cls=Command)
@_about
@_reason
@reads
def cancel(source: Source, **given: Any) -> None:
    """Cancel tasks, or all tasks of a workflow: that of --workflow, or of one id that no task has.

    A waiting task never begins; a running one ends at its next update. In place of ids there may be
    options that tasks have to pass: --status, --type and those below.
    """
    _act(source, "cancel", **given)


@click.command(cls=Command)
@_about
@_reason
@reads
def pause(source: Source, **given: Any) -> None:
    """Let tasks wait, or all members of a workflow.

    A waiting task does not begin, and a running one stops at its next update, until it is resumed
    or cancelled. In place of ids there may be options that tasks have to pass: --status, --type and
    those below.
    """
    _act(source, "pause", **given)


@click.command(cls=Command)
@_about
@reads
def resume(source: Source, **given: Any) -> None:
    """Let paused tasks go on, or all members of a workflow.

    In place of ids there may be options that tasks have to pass: --type, --symbol and those below.
    """
    _act(source, "resume", **given)


def _act(
    source: Source,
    action: Action,
    *,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    limit: int,
    yes: bool,
    reason: str | None = None,
    **filters: str | None,
) -> None:
    """Asks tasks, or the members of a workflow; a command that is interrupted leaves the rest of
    these to the workers' pass.

    Raises:
        click.UsageError: it is about nothing, or about more than one of these.
    """
    chosen: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
    if [bool(task_ids), workflow_id is not None, bool(chosen)].count(True) != 1:
        raise click.UsageError("give TASK_IDs, or --workflow ID, or a filter such as --type NAME")
    if len(task_ids) > MOST:
        raise click.UsageError(f"give {MOST:,} TASK_IDs at most, not {len(task_ids):,}")
    if chosen:
        asked = ListRequest(**chosen, limit=MAX_LIMIT)
        _act_on_chosen(source, action, asked, limit, reason, yes=yes)
        return
    ids, is_workflow = named(source, task_ids, workflow_id)
    if is_workflow:
        _act_on_workflow(source, action, ids[0], reason)
    else:
        _act_on_tasks(source, action, ids, reason)


def _act_on_workflow(source: Source, action: Action, its_id: str, reason: str | None) -> None:
    try:
        source.act_on_workflow(its_id, action, reason)
    except TransitionRefused as refused:
        if refused.status not in _REACHED[action]:
            raise
    else:
        click.echo(f"{action} of workflow {its_id} is asked: {_THEN[action]}")
    if (body := source.workflow(its_id)) is not None:
        _print_standing(source, as_row(body, source.locale))


def _print_standing(source: Source, row: Task) -> None:
    """Prints how a task or workflow stands now: "3f2a90c1-…  cancel asked"."""
    click.echo(f"{formats.clean(row.task_id)}  {formats.standing(source.locale, row)}")


def _act_on_tasks(source: Source, action: Action, ids: Sequence[str], reason: str | None) -> None:
    """Asks tasks by their ids, and prints what came of it.

    Raises:
        click.exceptions.Exit: some were not asked; the exit code is 1.
    """
    asked, refused = list(ids), defaultdict[str, list[str]](list)
    done = 0
    try:
        for done in range(0, len(ids), MOST_NAMED):
            for one in source.act(action, ids[done : done + MOST_NAMED], reason)["refused"]:
                refused[one["code"]].append(one["task_id"])
                asked.remove(one["task_id"])
    except (ProgressError, KeyboardInterrupt):
        if done:
            click.echo(f"{action} of {_tasks(ids[:done])} was asked before", err=True)
        raise
    if asked:
        click.echo(f"{action} of {_tasks(asked)} is asked: {_THEN[action]}")
    reached = [one for code in _REACHED[action] for one in refused.pop(code, ())]
    if reached:
        click.echo(f"{action} of {_tasks(reached)} was done before")
    for task_id in [*asked, *reached] if len(asked) + len(reached) <= _NAMED else ():
        if (body := source.task(task_id)) is not None:
            _print_standing(source, task_of(body))
    for code, those in refused.items():
        why = code.replace("_", " ")
        click.echo(f"{action} of {_tasks(those)} was refused: {why}", err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _act_on_chosen(
    source: Source,
    action: Action,
    asked: ListRequest,
    limit: int,
    reason: str | None,
    *,
    yes: bool,
) -> None:
    """Asks the newest tasks that pass a filter, after a question."""
    ids = _passing(source, action, asked, limit + 1)
    if not ids:
        click.echo("no task passes; nothing was changed")
        return
    more = len(ids) > limit
    what = f"{limit:,} of the tasks that pass" if more else _tasks(ids)
    if not yes:
        click.confirm(f"{action.capitalize()} {what}?", abort=True)
    try:
        _act_on_tasks(source, action, ids[:limit], reason)
    finally:
        if more:
            click.echo("more tasks pass: the same command goes on with these")


def _passing(source: Source, action: Action, asked: ListRequest, most: int) -> list[str]:
    """Ids of the newest tasks that pass a filter, of each status that the action changes."""
    statuses = CHANGES[action] if asked.status is None else (asked.status,)
    found: dict[str, None] = {}
    for status in statuses:
        following = replace(asked, status=status)
        for _ in range(_MOST_PAGES):
            page = source.tasks(following)
            passing = (row["task_id"] for row in page["tasks"] if row["status"] in statuses)
            found |= dict.fromkeys(passing)
            if page["pagination"]["total"] is None:
                following = replace(following, cursor=page.get("cursor"))
                more = following.cursor is not None
            else:
                following = replace(following, page=following.page + 1)
                more = following.page <= page["pagination"]["pages"]
            if not more or len(found) >= most:
                break
    return list(found)[:most]


def _tasks(ids: Sequence[str]) -> str:
    """ "task a", "5 tasks (a, b, c, …)"."""
    if len(ids) == 1:
        return f"task {ids[0]}"
    more = ["…"] if len(ids) > _NAMED else []
    return f"{len(ids):,} tasks ({', '.join([*ids[:_NAMED], *more])})"
