"""The body of a workflow and its row in a list, made of its counts; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from msgspec.structs import asdict

from .act import Act
from .default_texts import DefaultText, Locale, clock_text, text
from .fields import Estimate
from .local_time import optional_moment
from .model import UNREACHED, TaskStatus, rendered
from .past_runs import history
from .shown import ending
from .workflow import Figures
from .workflow_fields import Failure, WorkflowRow

#: Failed members that a workflow's body names.
FAILURES: Final = 20


def body(
    workflow_id: str,
    figures: Figures,
    failures: Sequence[bytes],
    zone: tzinfo,
    locale: Locale,
    now: datetime,
    waiting: int = 0,
) -> dict[str, Any]:
    """The body of a workflow: a task's names, then counts of its members by status, and the first
    failures, which are documents. Its end is not final while one of these may run again. `waiting`:
    how many members wait for a message of which nothing is known."""

    def at(ms: int | None) -> datetime | None:
        return None if ms is None else datetime.fromtimestamp(ms / 1000, zone)

    status, over = figures.status, not figures.open
    likely, within = _expected(figures, at)
    started, ended = at(figures.started_ms), at(figures.ended_ms) if over else None
    bodies: list[dict[str, Any]] = [json.loads(document) for document in failures]
    failed = [{name: one.get(name) for name in Failure.__struct_fields__} for one in bodies]
    failed.sort(key=lambda one: one["error_cause"] in UNREACHED)  # the causes before what followed
    again = [optional_moment(one.get("may_come_again_until")) for one in bodies if over]
    again_until = max((time.astimezone(zone) for time in again if time), default=None)
    done = {"current": figures.ended, "total": figures.whole}
    through = _through(done, at(figures.changed_ms), now, locale, waiting)
    until, took = figures.ended_ms if over else figures.changed_ms, None
    if figures.started_ms is not None and until is not None:
        took = max(until - figures.started_ms, 0)
    return {
        "task_id": workflow_id,
        "workflow_id": workflow_id,
        "task_type": "workflow",
        "name": figures.name,
        "symbol": None,
        "status": status,
        "progress": {**done, "percentage": figures.percentage},
        "current_status": str(through),
        "message_code": through.code,
        "start_time": rendered(started),
        "updated_at": rendered(at(figures.changed_ms)),
        "end_time": rendered(ended),
        "processing_time_ms": took,
        "error_message": failed[0]["error_message"] if failed else None,
        "error_code": failed[0]["error_code"] if failed else None,
        "counts": figures.counted,
        "failures": failed,
        "results": {},
        "processing_details": {},
        "metadata": {},
        "created_at": rendered(at(figures.created_ms)),
        "estimated_completion": likely,
        "estimate": None if within is None else asdict(within),
        "control": _control(figures.act, at),
        "may_come_again_until": rendered(again_until),
        "final": over and (again_until is None or again_until <= now),
        "revision": figures.revision,
    }


def _through(
    done: dict[str, int], changed: datetime | None, now: datetime, locale: Locale, waiting: int
) -> DefaultText:
    if not waiting or changed is None:
        return text(locale, "members", **done)
    key = "member_waits" if waiting == 1 else "members_wait"
    since = clock_text(changed, now.astimezone(changed.tzinfo))
    return text(locale, key, **done, waiting=waiting, since=since)


def _expected(
    figures: Figures, at: Callable[[int], datetime | None]
) -> tuple[str | None, Estimate | None]:
    """When a running workflow is likely to end, and the range of that, by how long the last ones of
    its name took as a whole."""
    if figures.status != TaskStatus.RUNNING or not figures.past or figures.started_ms is None:
        return None, None
    known, begins = history(figures.past), at(figures.started_ms)
    assert begins is not None
    return ending(begins, 1, known.whole, known.runs)


def _control(asked: Act | None, at: Callable[[int], datetime | None]) -> dict[str, Any] | None:
    if asked is None or asked.action == "resume":
        return None
    about = {"action": asked.action, "by": asked.by, "reason": asked.reason}
    return {**about, "at": rendered(at(asked.at_ms))}


def row(
    workflow_id: str, figures: Figures, zone: tzinfo, locale: Locale, now: datetime
) -> dict[str, Any]:
    """The body of a workflow in a list: without some of its fields."""
    whole = body(workflow_id, figures, (), zone, locale, now)
    return {name: whole[name] for name in WorkflowRow.__struct_fields__}
