"""The commands `cancel`, `pause` and `resume`, which a job carries out at its next update."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import click

from ..errors import TransitionRefused
from ..record.act import MOST_NAMED, Action
from ..record.model import ENDED, TaskStatus
from ..terminal.source import Source
from .naming import named
from .session import Command, options, reads, workflow_option

#: Ids that a line names at most.
_NAMED: Final = 3
#: Of each command what tasks do after it, the statuses in which it has nothing left to do, which is
#: no failure, and its help.
_COMMANDS: Final[Mapping[Action, tuple[str, tuple[str, ...], str]]] = {
    "cancel": (
        "a waiting task never starts, and a running task reads it at its next update",
        (TaskStatus.CANCELLED,),
        """Cancel tasks, or all tasks of a workflow.

        A waiting task never starts; a running task reads the request at its next update, and ends.
        A single id that no task has is read as a workflow's id. `tasks -q` prints the ids of tasks
        that match filters: progress-backend cancel $(progress-backend tasks -q --type fetch_data)
        """,
    ),
    "pause": (
        "a waiting task does not start, and a running task waits at its next update",
        (TaskStatus.PAUSED,),
        """Pause tasks, or all tasks of a workflow.

        Until a resume or cancel a waiting task does not start. A running task waits at its next
        update.
        """,
    ),
    "resume": (
        "waiting tasks continue",
        (TaskStatus.RUNNING, TaskStatus.CREATED),
        "Resume paused tasks, or all tasks of a workflow.",
    ),
}
_about = options(click.argument("task_ids", metavar="[TASK_ID]...", nargs=-1), workflow_option)
_reason = click.option("--reason", help="The reason; kept in the record, and shown to its readers.")


def _command(action: Action) -> click.Command:
    of_both = _about(reads(partial(_act, action=action)))
    given = of_both if action == "resume" else _reason(of_both)
    made: click.Command = click.command(action, cls=Command, help=_COMMANDS[action][2])(given)
    return made


def _act(
    source: Source,
    action: Action,
    *,
    task_ids: tuple[str, ...],
    workflow_id: str | None,
    reason: str | None = None,
) -> None:
    """Sends a request for tasks, or for the members of a workflow.

    Raises:
        click.UsageError: the command names neither, both, or too many tasks.
    """
    if bool(task_ids) == (workflow_id is not None):
        raise click.UsageError("give either TASK_IDs or --workflow ID")
    if len(task_ids) > MOST_NAMED:
        raise click.UsageError(f"give {MOST_NAMED} TASK_IDs at most, not {len(task_ids):,}")
    then, reached_by, _ = _COMMANDS[action]
    ids, is_workflow = named(source, task_ids, workflow_id)
    asked, refused = list(ids), defaultdict[str, list[str]](list)
    for its_id, code in _refused(source, action, ids, reason, is_workflow=is_workflow):
        refused[code].append(its_id)
        asked.remove(its_id)
    name = "workflow {0[0]}".format if is_workflow else _tasks
    if asked:
        click.echo(f"{action} of {name(asked)} is requested: {then}")
    if reached := [one for code in reached_by for one in refused.pop(code, ())]:
        click.echo(f"{action} of {name(reached)} had already been requested")
    for code, those in refused.items():
        why = f"already ended ({code})" if code in ENDED else code.replace("_", " ")
        click.echo(f"{action} of {name(those)} was refused: {why}", err=True)
    if refused:
        raise click.exceptions.Exit(1)


def _refused(
    source: Source, action: Action, ids: Sequence[str], reason: str | None, *, is_workflow: bool
) -> Iterator[tuple[str, str]]:
    """Asks tasks, or all members of a workflow; the ids that refuse, each with its code."""
    if not is_workflow:
        refused = source.act(action, ids, reason)["refused"]
        yield from ((one["task_id"], one["code"]) for one in refused)
        return
    try:
        source.act_on_workflow(ids[0], action, reason)
    except TransitionRefused as refusal:
        yield ids[0], refusal.status


def _tasks(ids: Sequence[str]) -> str:
    """ "task a", "5 tasks (a, b, c, …)"."""
    if len(ids) == 1:
        return f"task {ids[0]}"
    more = ["…"] if len(ids) > _NAMED else []
    return f"{len(ids):,} tasks ({', '.join([*ids[:_NAMED], *more])})"


cancel, pause, resume = map(_command, _COMMANDS)
