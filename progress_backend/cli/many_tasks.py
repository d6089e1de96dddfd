"""A cancel, a pause or a resume of many tasks: by their ids, or of those that pass options."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import click

from ..errors import ProgressError
from ..record.act import Action
from ..record.act_request import MOST_NAMED
from ..record.caller_events import MAX_LIMIT
from ..record.list_request import ListRequest
from ..record.model import KINDS, TaskStatus
from ..record.responses import id_of, status_of
from ..terminal.source import Source
from .session import filters

F = TypeVar("F", bound=Callable[..., Any])

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
_NONE: Final = "no task passes; nothing was changed"
#: What tasks do that were asked.
_THEY: Final[Mapping[Action, str]] = {
    "cancel": "those that wait never begin, and those that run end at their next update",
    "pause": "those that wait do not begin, and those that run wait at their next update",
    "resume": "they go on",
}


def chosen_options(command: F) -> F:
    """Options that choose the tasks, by the names of a list's filters; `limit` and `yes`."""
    for option in (
        click.option("--yes", "-y", is_flag=True, help="With a filter: do it without a question."),
        click.option(
            "--limit",
            type=click.IntRange(1, MOST),
            default=MOST,
            show_default=True,
            help="With a filter: so many tasks at most.",
        ),
        click.option("--created-to", metavar="TIME", help="Only tasks created before then."),
        click.option(
            "--created-from",
            metavar="TIME",
            help="Only tasks created then or later, such as 2026-01-15T09:00:00+09:00.",
        ),
        click.option(
            "--warning",
            type=click.Choice(KINDS),
            help="Only tasks with this warning; with no other filter but --status.",
        ),
        click.option("--owner", help="Only tasks of this owner; with no filter but --status."),
    ):
        command = option(command)
    return filters(command)


def check_ids(task_ids: Sequence[str]) -> None:
    """Checks that so many ids can be given.

    Raises:
        click.UsageError: there are too many.
    """
    if len(task_ids) > MOST:
        raise click.UsageError(f"give {MOST:,} TASK_IDs at most, not {len(task_ids):,}")


@dataclass(slots=True)
class _Outcome:
    """How many tasks were asked, and why each other was not."""

    asked: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def heard(self) -> int:
        """Tasks that have answered."""
        return self.asked + len(self.refused)

    def add(self, answer: Mapping[str, Any]) -> None:
        """Adds what a call was answered with."""
        self.asked += answer["asked"]
        self.refused |= {one["task_id"]: one["code"] for one in answer["refused"]}


def ask_named(source: Source, action: Action, ids: Sequence[str], reason: str | None) -> None:
    """Asks tasks by their ids, and tells what came of it.

    Raises:
        click.exceptions.Exit: some were not asked; the exit code is 1.
    """
    outcome = _Outcome()
    try:
        for start in range(0, len(ids), MOST_NAMED):
            some = list(ids[start : start + MOST_NAMED])
            outcome.add(source.ask_many({"action": action, "reason": reason, "ids": some}))
    except (ProgressError, KeyboardInterrupt):
        if outcome.heard:
            click.echo(f"{action} of {_tasks(outcome.asked)} was asked before", err=True)
        raise
    _tell(outcome, action)


def ask_chosen(
    source: Source,
    action: Action,
    chosen: Mapping[str, Any],
    limit: int,
    reason: str | None,
    *,
    yes: bool,
) -> None:
    """Asks the newest tasks that pass a filter, after a question, and tells what came of it.

    Raises:
        InvalidEvent: the filter cannot be used.
        click.Abort: the answer is no.
        click.exceptions.Exit: some were not asked; the exit code is 1.
    """
    asked = ListRequest(**chosen, limit=MAX_LIMIT)
    ids = _passing(source, action, asked, limit + 1)
    if not ids:
        click.echo(_NONE)
        return
    more = len(ids) > limit
    what = f"{limit:,} of the tasks that pass" if more else _tasks(len(ids))
    if not yes:
        click.confirm(f"{action.capitalize()} {what}?", abort=True)
    try:
        ask_named(source, action, ids[:limit], reason)
    finally:
        if more:
            click.echo("more tasks pass: the same command goes on with these")


def _passing(source: Source, action: Action, asked: ListRequest, most: int) -> tuple[str, ...]:
    """Ids of the newest tasks that pass a filter, of each status that the action changes."""
    statuses = CHANGES[action] if asked.status is None else (asked.status,)
    found: dict[str, None] = {}
    for status in statuses:
        following: ListRequest | None = replace(asked, status=status)
        for _ in range(_MOST_PAGES):
            if following is None or len(found) >= most:
                break
            page = source.tasks(following)
            shown = ((id_of(row), status_of(row)) for row in page.rows)
            found.update((task_id, None) for task_id, its in shown if its in statuses)
            following = page.following(following)
    return tuple(found)[:most]


def _tell(outcome: _Outcome, action: Action) -> None:
    if outcome.asked:
        click.echo(f"{action} of {_tasks(outcome.asked)} is asked: {_THEY[action]}")
    by_code: defaultdict[str, list[str]] = defaultdict(list)
    for task_id, code in outcome.refused.items():
        by_code[code].append(task_id)
    for code, ids in by_code.items():
        some = ", ".join([*ids[:_NAMED], *(["…"] if len(ids) > _NAMED else [])])
        said = code.replace("_", " ")
        click.echo(f"{action} of {_tasks(len(ids))} was refused, {said}: {some}", err=True)
    if outcome.refused:
        raise click.exceptions.Exit(1)


def _tasks(many: int) -> str:
    return f"{many:,} task{'' if many == 1 else 's'}"
