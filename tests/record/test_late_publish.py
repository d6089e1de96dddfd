"""A publish that is recorded late, as the store did not answer: what has happened since stays."""

from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.errors import TransitionRefused
from progress_backend.record import events as ev
from progress_backend.record.model import NOT_PUBLISHED, Member, Task, Worker
from progress_backend.record.transition import transition

NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
IDENTITY = ev.Identity("fetch_data", 252, owner="alice", member=Member(("w",)))
#: Published at NOW, recorded a minute later.
LATE = ev.Created(identity=IDENTITY, at=NOW, eta=NOW + SECOND)
RECORDED = NOW + 60 * SECOND
STARTED = ev.Started(identity=ev.Identity("fetch_data"), worker=Worker("lease", "w@tests"))


def after(*happened: tuple[float, ev.Event], task: Task | None = None) -> Task:
    """The task after events, each so many seconds after NOW."""
    for second, event in happened:
        task = transition(task, event, NOW + second * SECOND, task_id="t", revision=1)
    assert task is not None
    return task


def test_a_record_begins_at_the_time_of_its_publish() -> None:
    task = transition(None, LATE, RECORDED, task_id="t")
    assert (task.status, task.created_at, task.updated_at) == ("created", NOW, NOW)


@pytest.mark.parametrize(
    "then",
    [
        [],
        [ev.Progressed(current=3)],
        *([end] for end in (ev.Completed(), ev.Failed(error_message="no"), ev.Paused(by="api"))),
        [ev.Lost(lease="lease", error_message="silent", revision=1)],
        [ev.Retried(retries=1, eta=NOW + 9 * SECOND)],
        [ev.Failed(error_message="no"), ev.Requeued(retries=1)],
    ],
    ids=lambda then: "-".join(type(event).__name__ for event in then) or "Started",
)
# The worker's measure of the store's clock may be a little behind the publisher's.
@pytest.mark.parametrize("second", [0.005, -0.005])
def test_it_changes_nothing_after_its_run_has_begun(then: list[ev.Event], second: float) -> None:
    task = after((second, STARTED), *((second, event) for event in then))
    assert transition(task, LATE, RECORDED) is task


def test_it_adopts_a_planned_record_whatever_became_of_that() -> None:
    planned = after((-9, ev.Planned(identity=IDENTITY)))
    adopted = transition(planned, LATE, RECORDED)
    assert (adopted.status, adopted.unpublished) == ("created", False)
    ended = after((5, ev.NeverPublished(error_message="no", cause="never_published")), task=planned)
    taken_back = transition(ended, LATE, RECORDED)
    assert (taken_back.status, taken_back.unpublished) == ("created", False)


def test_a_later_publish_starts_an_ended_task_again() -> None:
    ended = after((-9, STARTED), (-8, ev.Completed()))
    restarted = transition(ended, LATE, RECORDED)
    assert (restarted.status, restarted.created_at, restarted.attempt) == ("created", NOW, 1)


def test_what_did_not_leave_is_an_error_also_of_an_id_that_has_run_before() -> None:
    """Its publisher has not received the record's attempt."""
    restarted = after((-9, STARTED), (-8, ev.Completed()), (0, LATE))
    failed = ev.Failed(error_message="no", cause=NOT_PUBLISHED, identity=IDENTITY, attempt=0)
    # Its clock may have been measured again since the publish.
    task = transition(restarted, failed.happened_at(NOW - SECOND / 100), RECORDED)
    assert (task.status, task.error_cause) == ("error", NOT_PUBLISHED)
    with pytest.raises(TransitionRefused):
        transition(restarted, failed.happened_at(NOW - 2 * SECOND), RECORDED)
    again = ev.Created(identity=IDENTITY, at=NOW + SECOND)
    assert transition(task, again, RECORDED).status == "created"
    begun = after((2, STARTED), task=restarted)
    with pytest.raises(TransitionRefused):
        transition(begun, failed.happened_at(NOW + SECOND), RECORDED)


def test_a_plan_that_is_recorded_late_takes_back_no_end_since() -> None:
    plan = ev.Planned(identity=IDENTITY, at=NOW)
    ended = after((0, STARTED), (-0.005, ev.Completed()))
    assert transition(ended, plan, RECORDED) is ended
