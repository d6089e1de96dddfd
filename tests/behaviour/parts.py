"""Commits with parts, one of each, which writes all that it may write."""

from datetime import UTC, datetime, timedelta

from progress_backend.flows.parts import default_parts
from progress_backend.flows.parts.change import Change
from progress_backend.flows.stored_record import facets_of
from progress_backend.operations.commit import Commit, Committed
from progress_backend.operations.commits import CommitCall
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Member, Task, TaskStatus, rendered, replace
from progress_backend.settings import Settings
from tests.behaviour.driving import Driver
from tests.webhooks.targets import target

_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_BEFORE = Task(
    task_id="t",
    task_type="fetch_data",
    status=TaskStatus.RUNNING,
    created_at=_NOW,
    started_at=_NOW,
    attempt=1,
    attempt_started_at=_NOW,
    revision=1,
    control={"action": "pause", "at": rendered(_NOW)},
    member=Member(("w",)),
)
_ENDED = {"status": TaskStatus.COMPLETED, "completed_at": _NOW + timedelta(seconds=20)}
#: It counts a wait and a run, ends a member of a workflow, and takes a request out of the record.
_AFTER = replace(_BEFORE, **_ENDED, waited_ms=2_000, control=None)
_CREATED = ev.Created(
    identity=ev.Identity("fetch_data"), workflow_name="n", workflow_total=1, message=b"- {}"
)
_CHANGE = Change(
    _BEFORE,
    _AFTER,
    None,
    facets_of(_AFTER),
    ((_BEFORE, _CREATED, _BEFORE), (_BEFORE, ev.Completed(), _AFTER)),
    task_json.encode(_AFTER),
)
_PARTS = default_parts(Settings(), lambda: (target("https://ops.example.com/hook"),))
#: In the order in which they run.
EACH = {part.lua: part for one in _PARTS for part in one.parts(_CHANGE)}


def commit(driver: Driver, *parts: str) -> Committed:
    """Commits the end of a workflow's member with these parts."""
    given = tuple(EACH[part] for part in parts)
    about = {"ttl_ms": 10**6, "due_ms": 2**50, "fresh": True, "end_ms": 7, "parts": given}
    it = Commit("t", "", _CHANGE.document, None, _CHANGE.facets_after, **about)
    return driver.execute(CommitCall(it))
