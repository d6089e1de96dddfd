"""The body of a workflow and its row in a list, made of its counts; and the body in the form of a
task's, for clients that read the id of a group or canvas as a task's. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import asdict

from .act import Act
from .default_texts import DefaultText, Locale, clock_text, text
from .fields import Body, Estimate, ItemsDone, TextCode
from .local_time import optional_moment
from .model import UNREACHED, TaskStatus, rendered
from .past_runs import Likely, history, of_members
from .shown import ending
from .workflow import WorkflowCounts
from .workflow_fields import ControlRequest, Counts, Failure, WorkflowBody, WorkflowRow

#: Failed members that a workflow's body names.
FAILURES: Final = 20
_OF_FAILURES: Final = Failure.__struct_fields__
#: Fields of a workflow's body that a task's has, too.
_SHARED: Final = {*WorkflowBody.__struct_fields__} & {*Body.__struct_fields__}


def row(
    workflow_id: str,
    figures: WorkflowCounts,
    zone: tzinfo,
    locale: Locale,
    now: datetime,
    waiting: int = 0,
) -> WorkflowRow:
    """A workflow in a list: a task's names, then counts of its members by status. `waiting`: how
    many members wait for a message of which nothing is known."""

    def at(ms: int | None) -> datetime | None:
        return None if ms is None else datetime.fromtimestamp(ms / 1000, zone)

    over = not figures.open
    likely, within = _expected(figures, at)
    done = {"current": figures.ended, "total": figures.whole}
    through = _through(done, at(figures.changed_ms), now, locale, waiting)
    until, took = figures.ended_ms if over else figures.changed_ms, None
    if figures.started_ms is not None and until is not None:
        took = max(until - figures.started_ms, 0)
    return WorkflowRow(
        task_id=workflow_id,
        workflow_id=workflow_id,
        task_type="workflow",
        name=figures.name,
        symbol=None,
        status=figures.status,
        progress=ItemsDone(figures.ended, figures.whole, figures.percentage),
        current_status=str(through),
        message_code=TextCode(**through.code),
        start_time=rendered(at(figures.started_ms)),
        updated_at=rendered(at(figures.changed_ms)),
        end_time=rendered(at(figures.ended_ms)) if over else None,
        processing_time_ms=took,
        counts=Counts(**figures.counted),
        created_at=rendered(at(figures.created_ms)),
        estimated_completion=likely,
        estimate=within,
        control=_control(figures.act, at),
        revision=figures.revision,
    )


def body(
    workflow_id: str,
    figures: WorkflowCounts,
    failures: Sequence[Body],
    zone: tzinfo,
    locale: Locale,
    now: datetime,
    waiting: int = 0,
) -> WorkflowBody:
    """The body of a workflow: its row, and the first failures. Its end is not final while one of
    these may run again. `waiting` as in `row`."""
    over = not figures.open
    failed = [Failure(*[getattr(one, name) for name in _OF_FAILURES]) for one in failures]
    failed.sort(key=lambda one: one.error_cause in UNREACHED)  # the causes before what followed
    again = [optional_moment(one.may_come_again_until) for one in failures if over]
    again_until = max((time.astimezone(zone) for time in again if time), default=None)
    return WorkflowBody(
        **asdict(row(workflow_id, figures, zone, locale, now, waiting)),
        error_message=failed[0].error_message if failed else None,
        error_code=failed[0].error_code if failed else None,
        failures=failed,
        results={},
        processing_details={},
        metadata={},
        may_come_again_until=rendered(again_until),
        final=over and (again_until is None or again_until <= now),
    )


def _through(
    done: dict[str, int], changed: datetime | None, now: datetime, locale: Locale, waiting: int
) -> DefaultText:
    if not waiting or changed is None:
        return text(locale, "members", **done)
    key = "member_waits" if waiting == 1 else "members_wait"
    since = clock_text(changed, now.astimezone(changed.tzinfo))
    return text(locale, key, **done, waiting=waiting, since=since)


def _expected(
    figures: WorkflowCounts, at: Callable[[int], datetime | None]
) -> tuple[str | None, Estimate | None]:
    """When a running workflow is likely to end, and the range of that: by its own pace once that is
    known, else by how long the last ones of its name took, an equal number of members as a whole
    and another number for each member."""
    started, changed = figures.started_ms, figures.changed_ms
    if figures.status != TaskStatus.RUNNING or started is None:
        return None, None
    if figures.has_pace and changed is not None and changed > started:
        left = figures.whole - figures.ended
        own = of_members((changed - started) / 1000, figures.ended, left)
        return _from(at(changed), left, own, figures.ended)
    known, items, each = history(figures.past), 1, None
    if all(run.items == figures.whole for run in figures.past):
        each = known.whole
    elif not figures.publishers:
        items, each = figures.whole, known.pace
    return _from(at(started), items, each, known.runs)


def _from(
    begins: datetime | None, items: int, each: Likely | None, runs: int
) -> tuple[str | None, Estimate | None]:
    return (None, None) if begins is None else ending(begins, items, each, runs)


def _control(asked: Act | None, at: Callable[[int], datetime | None]) -> ControlRequest | None:
    if asked is None or asked.action == "resume":
        return None
    return ControlRequest(asked.action, asked.by, asked.reason, str(rendered(at(asked.at_ms))))


def as_task(workflow: WorkflowBody) -> Body:
    """A workflow's body as a task's; one that has not failed has no error, whatever its members
    have."""
    its: dict[str, Any] = {name: getattr(workflow, name) for name in _SHARED}
    if workflow.control is not None:
        its["control"] = to_builtins(workflow.control) | {"acknowledged_at": workflow.end_time}
    if workflow.status != "error":
        its |= {"error_message": None, "error_code": None}
    elif workflow.failures:
        its["error_cause"] = workflow.failures[0].error_cause
    return Body(**its, attempt=0)
