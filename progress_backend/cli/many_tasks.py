"""A cancel, a pause or a resume of many tasks: by their ids, or of those that pass options."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import click

from ..errors import ProgressError
from ..record import act_request
from ..record.act import Action
from ..record.act_request import MOST_CHOSEN
from ..record.model import KINDS
from ..terminal.acts import Acts
from .session import filters

F = TypeVar("F", bound=Callable[..., Any])

#: Tasks that are asked in one call, which has to be answered in time.
_PIECE: Final = 100
#: Ids that a line names at most.
_NAMED: Final = 3
_NONE: Final = "no task passes; nothing was changed"
#: What tasks do that were asked.
_THEY: Final[Mapping[Action, str]] = {
    "cancel": "those that wait never begin, and those that run end at their next update",
    "pause": "those that wait do not begin, and those that run wait at their next update",
    "resume": "they go on",
}


def chosen_options(command: F) -> F:
    """Options that choose the tasks, by the names of an act's filter; `limit` and `yes`."""
    for option in (
        click.option("--yes", "-y", is_flag=True, help="With a filter: do it without a question."),
        click.option(
            "--limit",
            type=click.IntRange(1, MOST_CHOSEN),
            default=MOST_CHOSEN,
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
            "--id-prefix",
            metavar="TEXT",
            help="Only tasks whose ids begin so; with no filter but --owner or --type.",
        ),
        click.option(
            "--remark",
            type=click.Choice(KINDS),
            help="Only tasks with this remark; with no other filter but --owner.",
        ),
        click.option("--owner", help="Only tasks of this owner."),
    ):
        command = option(command)
    return filters(command)


def check_ids(task_ids: Sequence[str]) -> None:
    """Checks that so many ids can be given.

    Raises:
        click.UsageError: there are too many.
    """
    if len(task_ids) > MOST_CHOSEN:
        raise click.UsageError(f"give {MOST_CHOSEN:,} TASK_IDs at most, not {len(task_ids):,}")


@dataclass(slots=True)
class _Outcome:
    """How many tasks were asked, why each other was not, and whether more pass the filter."""

    asked: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    more: bool = False

    @property
    def heard(self) -> int:
        """Tasks that have answered."""
        return self.asked + len(self.refused)

    def add(self, answer: Mapping[str, Any]) -> None:
        """Adds what a call was answered with."""
        self.asked += answer["asked"]
        self.refused |= {one["task_id"]: one["code"] for one in answer["refused"]}
        self.more = answer["more"]


def ask_named(acts: Acts, action: Action, ids: Sequence[str], reason: str | None) -> None:
    """Asks tasks by their ids, and tells what came of it.

    Raises:
        click.exceptions.Exit: some were not asked; the exit code is 1.
    """
    pieces = [{"ids": list(ids[start : start + _PIECE])} for start in range(0, len(ids), _PIECE)]
    _carry_out(acts, {"action": action, "reason": reason}, pieces, _Outcome())


def ask_chosen(
    acts: Acts,
    action: Action,
    chosen: Mapping[str, str],
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
    act_request.check(action, None, chosen, limit)
    if not yes:
        total = acts.passing(action, act_request.filter_of(chosen))
        if total == 0:
            click.echo(_NONE)
            return
        click.confirm(_question(action, total, limit), abort=True)
    outcome = _Outcome()
    pieces = _pieces(dict(chosen), limit, outcome)
    _carry_out(acts, {"action": action, "reason": reason}, pieces, outcome)


def _pieces(chosen: dict[str, str], limit: int, outcome: _Outcome) -> Iterator[dict[str, Any]]:
    """Calls for those that pass, until no more do or the limit is met."""
    before = -1
    while before < outcome.heard < limit:
        before = outcome.heard
        # Those that have refused still pass.
        yield {
            "filter": chosen,
            "limit": min(_PIECE, limit - before) + len(outcome.refused),
        }
        if not outcome.more:
            return


def _carry_out(
    acts: Acts, asked: Mapping[str, Any], pieces: Iterable[dict[str, Any]], outcome: _Outcome
) -> None:
    try:
        for piece in pieces:
            outcome.add(acts.ask_many({**asked, **piece}))
    except (ProgressError, KeyboardInterrupt):
        if outcome.heard:
            click.echo(f"{asked['action']} of {_tasks(outcome.asked)} was asked before", err=True)
        raise
    _tell(outcome, asked["action"])


def _question(action: Action, total: int | None, limit: int) -> str:
    verb = action.capitalize()
    if total is None:
        return f"{verb} the tasks that pass, {limit:,} at most?"
    if total > limit:
        return f"{verb} {limit:,} of the {total:,} tasks that pass?"
    return f"{verb} {_tasks(total)}?"


def _tell(outcome: _Outcome, action: Action) -> None:
    if not outcome.heard:
        click.echo(_NONE)
    elif outcome.asked:
        click.echo(f"{action} of {_tasks(outcome.asked)} is asked: {_THEY[action]}")
    by_code: defaultdict[str, list[str]] = defaultdict(list)
    for task_id, code in outcome.refused.items():
        by_code[code].append(task_id)
    for code, ids in by_code.items():
        some = ", ".join([*ids[:_NAMED], *(["…"] if len(ids) > _NAMED else [])])
        said = code.replace("_", " ")
        click.echo(f"{action} of {_tasks(len(ids))} was refused, {said}: {some}", err=True)
    if outcome.more:
        click.echo("more tasks pass: the same command goes on with these")
    if outcome.refused:
        raise click.exceptions.Exit(1)


def _tasks(many: int) -> str:
    return f"{many:,} task{'' if many == 1 else 's'}"
