"""The table, entry by entry, against the design's; then what holds whatever happens."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from progress_backend.errors import TaskAlreadyFinished, TransitionRefused
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.act import Act
from progress_backend.record.model import (
    ENDED,
    LOST,
    NOT_PUBLISHED,
    STATUSES,
    WORKER_LOST,
    Member,
    Task,
    TaskStatus,
    Warnings,
    Worker,
    rendered,
)
from progress_backend.record.steps.control import is_unasked
from progress_backend.record.steps.members import was_unreached
from progress_backend.record.transition import ABSENT, SUSPECTED, TABLE, row_of, transition
from tests.strategies import NOW, events, tasks
from tests.tiers import examples

LATER = NOW + timedelta(seconds=10)
OURS = Worker("lease-1", "celery@one")
IDENTITY = ev.Identity(task_type="fetch_data", total_items=10, symbol="7203.T")

#: The design's table. "same": the very same record; "-": refused; "fresh": created again.
DESIGN = """
            Created  Started  Progressed  Paused  Acknowledged   Resumed  Retried  Requeued  Completed  Failed  Cancelled  Lost   RunRegained  Expired    Ignored    Planned  NeverPublished  WorkflowRequested  Warned  Repeated
absent      created  running  -           -       -        -        -        -         -          error   -          -      -          -          -            created  -        -         -             -
created     same     running  running     paused  -        same     created  created   completed  error   cancelled  -      -          cancelled  cancelled    same     -        same      warned        -
running     same     running  running     paused  -        same     running  running   completed  error   cancelled  error  -          cancelled  cancelled    same     -        same      warned        -
paused      same     paused   paused      same    paused   running  paused   paused    completed  error   cancelled  error  -          cancelled  cancelled    same     -        same      -             -
lost        fresh    running  running     -       -        -        running  running   completed  error   cancelled  -      running    -          cancelled    fresh    -        same      -             again
error       fresh    running  -           -       same     -        -        created   -          -       -          -      -          -          -            fresh    -        same      -             again
completed   fresh    -        -           -       ended    -        -        -         -          -       -          -      -          -          -            fresh    -        same      -             again
cancelled   fresh    -        -           -       ended    -        -        -         -          -       -          -      -          -          -            fresh    -        same      -             again
"""  # noqa: E501 - a table, as the design has it
HEADER, *LINES = [line.split() for line in DESIGN.strip().splitlines()]
CASES = [
    pytest.param(line[0], name, expected, id=f"{line[0]}-{name}")
    for line in LINES
    for name, expected in zip(HEADER, line[1:], strict=True)
]


def record(row: str) -> Task | None:
    """A record in a row of the table, of a run that is the second attempt."""
    if row == ABSENT:
        return None
    status = "error" if row == "lost" else row
    action = {"paused": "pause", "cancelled": "cancel", "completed": "end"}.get(row)
    asked = {"action": action, "by": "api", "reason": None, "at": "then", "acknowledged_at": None}
    return Task(
        "t",
        "fetch_data",
        10,
        current_items=4,
        status=status,
        results={"old": 1},
        created_at=NOW,
        started_at=NOW,  # a created one has gone back to the queue
        updated_at=NOW,
        completed_at=NOW if status in ENDED else None,
        error_message="old" if status == "error" else None,
        error_cause={"lost": LOST, "error": "exception"}.get(row),
        attempt=2,
        worker=OURS,
        control=asked if action else None,
        revision=7,
    )


def event(name: str, **voice: object) -> ev.Event:
    values = {
        "Created": {"identity": IDENTITY},
        "Started": {"identity": IDENTITY, "worker": Worker("lease-2", "celery@two")},
        "Progressed": {"current": 5},
        "Retried": {"retries": 1, "message": "again"},
        "Failed": {"error_message": "why"},
        "Lost": {"lease": "lease-1", "error_message": "silent", "revision": 7},
        "Expired": {"revision": 7},
        "Repeated": {"task_id": "new"},
        "Warned": {"warnings": Warnings(late=NOW), "revision": 7},
        "Planned": {"identity": IDENTITY},
        "NeverPublished": {"error_message": "why", "cause": "upstream"},
        "WorkflowRequested": {"workflow_id": "w", "act": Act.made("cancel", 1, "api", None)},
    }
    return getattr(ev, name)(**{**values.get(name, {}), **voice})


def of_the_run(name: str) -> ev.Event:
    unfenced = (
        "Created",
        "Started",
        "Lost",
        "Expired",
        "Planned",
        "NeverPublished",
        "WorkflowRequested",
        "Warned",
    )
    return event(name) if name in unfenced else event(name, attempt=2)


def test_the_tables_name_all_rows_and_events() -> None:
    assert {ABSENT, SUSPECTED, *STATUSES} == set(TABLE)
    assert {e.__name__ for e in ev.Event.__subclasses__()} == set(HEADER)
    assert len(LINES) == len(TABLE)


@pytest.mark.parametrize("name", HEADER)
@pytest.mark.parametrize("row", [line[0] for line in LINES])
def test_a_record_has_the_offset_of_its_creation_in_all_times(row: str, name: str) -> None:
    before, tokyo = record(row), timezone(timedelta(hours=9))
    if before is not None:
        moved = {
            n: value.astimezone(tokyo)
            for n in before.__struct_fields__
            if isinstance(value := getattr(before, n), datetime)
        }
        before = replace(before, **moved)
    now = LATER if before is not None else LATER.astimezone(tokyo)
    happened = of_the_run(name)
    late = {n: LATER for n in ("at", "eta", "expires") if n in happened.__struct_fields__}
    try:
        after = transition(before, happened.replace(**late), now, task_id="t", lease_s=30)
    except TransitionRefused:
        return
    offsets = re.findall(r"T\d\d:\d\d:\d\d\.\d{3}([^\"]+)", task_json.encode(after).decode())
    assert {*offsets} == {"+09:00"}


@pytest.mark.parametrize("row", ["running", "paused"])
def test_a_replaced_run_ends_with_its_canvas_unless_its_next_message_has_left(row: str) -> None:
    before = replace(held(8), status=row, member=Member(("w",)), attempt_started_at=NOW)
    replaced = transition(before, ev.Requeued(attempt=before.attempt, planned=True), LATER)
    assert (replaced.status, replaced.planned, replaced.worker) == (row, True, None)
    published = transition(replaced, ev.Requeued(), LATER)
    for other in (before, published, transition(replaced, ev.Started(identity=IDENTITY), LATER)):
        assert not other.planned
        with pytest.raises(TransitionRefused):
            transition(other, event("NeverPublished"), LATER)
    after = transition(replaced, event("NeverPublished"), LATER)
    assert (after.status, after.error_cause, after.unpublished) == ("error", "upstream", True)
    with pytest.raises(TransitionRefused):  # Created records its next publish
        transition(after, ev.Requeued(), LATER)


@pytest.mark.parametrize(("row", "name", "expected"), CASES)
def test_entry(row, name, expected) -> None:
    before, happened = record(row), of_the_run(name)
    if row == ABSENT and name == "Failed":
        happened = ev.Failed(error_message="why", cause=NOT_PUBLISHED, identity=IDENTITY)
    if before is not None and name == "Expired":
        before = replace(before, worker=None)
    if expected == "-":
        kind = TaskAlreadyFinished if before and before.ended else TransitionRefused
        with pytest.raises(kind) as caught:
            transition(before, happened, LATER, task_id="t")
        assert caught.value.status == (before.status if before else ABSENT)
        return
    after = transition(before, happened, LATER, task_id="t")
    if expected == "same":
        assert after is before
        return
    if expected == "ended":  # as it was, but for what was asked
        assert replace(after, control=before.control, revision=7) == before
        assert after.control == {**before.control, "acknowledged_at": rendered(LATER)}
        return
    if expected == "again":  # as it was, but for the task that runs it again
        assert after == replace(before, again_by="new")
        return
    if expected == "warned":  # as it was, but for the warning
        assert after == replace(before, warnings=Warnings(late=NOW))
        return
    assert after.status == {"fresh": "created"}.get(expected, expected)
    assert after.updated_at == LATER
    old_attempt = before.attempt if before else 0
    assert after.attempt == old_attempt + (name == "Started")
    assert (after.completed_at == LATER) == (after.status in ENDED)
    assert (after.error_message is not None) == (after.status == "error")
    if name in ("Requeued", "Retried"):  # back in the queue it has no owner
        assert after.worker is None
    if name == "Lost":
        assert (after.error_cause, row_of(after)) == (LOST, SUSPECTED)
    if row == "error" and name == "Started":  # also of what was recorded as unpublished
        unsent = replace(before, error_cause=NOT_PUBLISHED)
        assert transition(unsent, happened, LATER) == after
    if row == "paused" and name == "Resumed":  # a job in the queue does not run because it may
        asked = replace(before, started_at=None)
        assert transition(asked, event(name), LATER).status == "created"


@pytest.mark.parametrize("row", ["error", "lost", "completed", "cancelled"])
def test_a_fresh_run_is_cleared_but_attempt_and_revision_go_on(row) -> None:
    after = transition(record(row), event("Created"), LATER)
    assert after == Task(
        "t",
        "fetch_data",
        10,
        symbol="7203.T",
        created_at=LATER,
        updated_at=LATER,
        attempt=2,
        revision=7,
    )


@pytest.mark.parametrize(
    "change",
    [{"revision": 6}, {"revision": 8}, {"lease": "lease-2"}, {"owner": "lease-2"}, {"attempt": 1}],
)
def test_a_sign_of_life_refuses_lost(change) -> None:
    with pytest.raises(TransitionRefused):
        transition(record("running"), event("Lost").replace(**change), LATER)


@pytest.mark.parametrize("name", ["Progressed", "Completed", "Failed", "Ignored"])
def test_a_lost_record_listens_only_to_its_run_and_its_worker(name) -> None:
    lost = record("lost")
    with pytest.raises(TransitionRefused):
        transition(lost, event(name), LATER)
    with pytest.raises(TransitionRefused):
        transition(lost, event(name, owner="lease-2"), LATER)
    if name != "Completed":
        with pytest.raises(TransitionRefused):
            transition(lost, event(name, attempt=1), LATER)
    assert transition(lost, event(name, owner="lease-1"), LATER) is not lost


@pytest.mark.parametrize("cause", [LOST, WORKER_LOST])
def test_the_success_of_an_older_run_stands_where_the_newer_one_was_lost(cause) -> None:
    """A message that was given out twice: Celery keeps the SUCCESS."""
    lost = replace(record("lost"), error_cause=cause)
    after = transition(lost, event("Completed", attempt=1), LATER)
    assert (after.status, after.attempt, after.error_cause) == ("completed", 2, None)
    with pytest.raises(TransitionRefused):
        transition(record("running"), event("Completed", attempt=1), LATER)


@pytest.mark.parametrize(
    ("row", "cause", "again_until"),
    [
        ("lost", LOST, None),
        ("lost", WORKER_LOST, LATER),
        # An error, while its message may come again.
        ("error", "rejected", LATER),
        ("error", "internal_error", LATER),
    ],
)
def test_a_lost_record_can_be_cancelled(row, cause, again_until) -> None:
    """By any caller: its message may come, and finds that."""
    before = replace(record(row), error_cause=cause, again_until=again_until)
    asked = transition(before, event("Cancelled", by="api"), LATER)
    assert (asked.status, asked.error_cause) == ("cancelled", None)
    with pytest.raises(TransitionRefused):
        transition(asked, event("Started", redelivered=True), LATER)
    if cause != LOST:  # such a run may itself go on
        with pytest.raises(TaskAlreadyFinished):
            transition(replace(before, again_until=None), event("Cancelled"), LATER)


def test_only_the_run_overrules_what_its_main_process_recorded() -> None:
    lost = replace(record("lost"), error_cause=WORKER_LOST)
    for name in ("Failed", "Completed"):
        with pytest.raises(TransitionRefused):
            transition(lost, event(name, owner="lease-1"), LATER)
    assert transition(lost, event("Progressed", attempt=2), LATER).status == "running"
    assert transition(lost, event("Completed", attempt=2), LATER).status == "completed"
    assert transition(lost, event("Started"), LATER).status == "running"


def delivery(task: Task) -> dict[str, Any]:
    """What is known of the message's delivery."""
    names = ("eta", "expires", "again_s", "again_until")
    return {name: value for name in names if (value := getattr(task, name)) is not None}


def test_what_celery_ended_itself_waits_for_its_message() -> None:
    running = replace(held(8), expires=LATER, again_s=60.0)
    requeued = ev.Requeued(owner="lease-1", run=8, again_s=60.0)
    waits = transition(running, requeued, LATER, lease_s=30)
    until = LATER + timedelta(seconds=90)
    assert (waits.status, waits.worker) == ("running", None)
    assert delivery(waits) == {"expires": LATER, "again_s": 60.0, "again_until": until}
    assert transition(waits, requeued, LATER) is waits  # a second report
    # The message comes, is cancelled before that, or does not come.
    started = transition(waits, event("Started", again_s=60.0, redelivered=True), LATER)
    assert delivery(started) == {"expires": LATER, "again_s": 60.0}
    cancelled = transition(waits, event("Cancelled", by="api"), LATER)
    with pytest.raises(TransitionRefused):
        transition(cancelled, event("Started", redelivered=True), LATER)
    with pytest.raises(TransitionRefused):
        transition(cancelled, requeued, LATER)
    lost = transition(waits, event("Lost", lease=None), until)
    assert (lost.error_cause, lost.again_until) == (LOST, None)
    # Reported of the old run, after its message has come; and of a run that has failed.
    for other in (held(9), record("error"), record("completed")):
        with pytest.raises(TransitionRefused):
            transition(other, requeued, LATER)
    # Found lost before Celery's word could be recorded.
    late = transition(replace(record("lost"), worker=held(8).worker), requeued, LATER)
    assert (late.status, late.worker) == ("running", None)


@pytest.mark.parametrize(
    ("held", "happened"),
    [
        (False, ev.Lost(error_message="", lease=None, revision=6)),
        (False, ev.Lost(error_message="", lease="lease-1", revision=7)),
        (False, ev.Expired(revision=6)),
        (True, ev.Expired(revision=7)),
    ],
)
def test_a_start_refuses_that_a_message_did_not_come(held, happened) -> None:
    before = record("running") if held else replace(record("running"), worker=None)
    with pytest.raises(TransitionRefused):
        transition(before, happened, LATER)


# Whatever happens


@given(st.lists(events(), max_size=12), st.none() | tasks())
@settings(max_examples=examples(300))
def test_what_holds_after_any_events(happened, task) -> None:
    for one in happened:
        before = task
        try:
            task = transition(before, one, NOW, task_id="t")
        except TransitionRefused:
            continue
        _check_step(before, one, task)
        assert task_json.decode(task_json.encode(task)) == task_json.settled(task)


def _success_stands(ended: Task, success: ev.Event) -> bool:
    """Whether an ended record may take a success: of an earlier run, or of one that a main process
    reads in the result backend; after a cancel that no caller has requested, of any run."""
    if ended.status == TaskStatus.CANCELLED:
        return is_unasked(ended) and (success.attempt is not None or success.owner is not None)
    return success.owner is not None or (success.attempt or 0) < ended.attempt


def _check_step(before: Task | None, happened: ev.Event, after: Task) -> None:
    assert after.status in STATUSES
    if before is not None:
        if before.ended and row_of(before) != SUSPECTED and after is not before:
            begins = (ev.Created, ev.Started, ev.Planned)
            noted = (ev.Acknowledged, ev.WorkflowRequested, ev.Repeated)
            another = [ev.Completed] if _success_stands(before, happened) else []
            another += [ev.NeverPublished] if was_unreached(before) else []
            assert isinstance(happened, (*begins, ev.Requeued, ev.Cancelled, *noted, *another))
            if before.status == TaskStatus.COMPLETED:
                assert isinstance(happened, (ev.Created, ev.Planned, *noted))
            if before.status == TaskStatus.CANCELLED:
                assert isinstance(happened, (*begins, *noted, *another))
            if isinstance(happened, ev.Acknowledged):
                noted_only = replace(after, control=before.control, warnings=before.warnings)
                assert noted_only == before
            if isinstance(happened, ev.WorkflowRequested):
                assert replace(after, member=before.member) == before
            if isinstance(happened, ev.Repeated):
                assert replace(after, again_by=before.again_by) == before
        assert after.attempt >= before.attempt
        unsent = isinstance(happened, ev.Failed) and happened.cause == NOT_PUBLISHED
        older = happened.attempt is not None and happened.attempt < before.attempt
        # A run without a number may be the newest, unless a worker holds another.
        unnumbered = happened.attempt == ev.UNRECORDED and before.worker is None
        if older and not unsent and not unnumbered:
            assert isinstance(happened, ev.Completed)
            assert before.status in (TaskStatus.ERROR, TaskStatus.CANCELLED)
        assert after is before or before.updated_at is None or after.updated_at >= before.updated_at
    times = [after.created_at, after.started_at, after.updated_at]
    assert after.created_at is not None
    ordered = [t for t in times if t is not None]
    assert ordered == sorted(ordered)
    assert after.ended == (after.completed_at is not None)
    assert after.completed_at is None or after.completed_at <= after.updated_at
    percentage = after.progress.percentage
    assert 0 <= percentage <= 100
    assert percentage == round(percentage, 1)
    ended_before = before is not None and before.status == TaskStatus.COMPLETED
    if after.status == TaskStatus.COMPLETED and not ended_before:
        assert percentage == 100
        assert after.total_items is not None
        # The last count is kept, also 0.
        given = before.current_items if happened.current is None else happened.current
        assert after.current_items == given


@given(tasks(), events(st.integers(0, 4)))
def test_older_attempts_are_refused(task, happened) -> None:
    # Its publisher has not received the record's attempt.
    assume(getattr(happened, "cause", None) != NOT_PUBLISHED)
    assume(task.status not in ("error", "cancelled") or not isinstance(happened, ev.Completed))
    with pytest.raises(TransitionRefused):
        transition(replace(task, attempt=5), happened, NOW)


@given(tasks(), events(), st.integers(-300, 300), st.integers(-300, 300))
def test_skewed_clocks_change_no_status(task, happened, one, other) -> None:
    # A plan of an ended task is late, or its canvas was sent again: only their times differ.
    assume(not (isinstance(happened, ev.Planned) and task.ended))

    def status(skew_s: int) -> str:
        try:
            return transition(task, happened, NOW + timedelta(seconds=skew_s)).status
        except TransitionRefused:
            return "refused"

    assert status(one) == status(other)


def test_a_task_that_could_not_be_published_has_its_record_all_the_same() -> None:
    """The store was away as well; any other end needs a record."""
    at = NOW - timedelta(minutes=5)
    failed = ev.Failed(error_message="no", cause=NOT_PUBLISHED, identity=IDENTITY, attempt=0, at=at)
    after = transition(None, failed, NOW, task_id="t", revision=1)
    assert (after.status, after.error_cause, after.symbol) == ("error", NOT_PUBLISHED, "7203.T")
    assert after.created_at == after.completed_at == at
    assert transition(after, event("Started"), NOW).status == "running"  # it had left
    with pytest.raises(TransitionRefused):
        transition(None, event("Failed", attempt=0), NOW, task_id="t")


def test_a_message_says_when_its_task_may_run() -> None:
    eta, expires = NOW + timedelta(days=30, microseconds=7), NOW + timedelta(days=40)
    made = transition(None, event("Created"), NOW, task_id="t")
    assert (delivery(made), made.root_id) == ({}, None)
    identity = IDENTITY._replace(root_id="t")
    published = ev.Created(identity=identity, eta=eta, expires=expires)
    times = {"eta": NOW + timedelta(days=30), "expires": expires}
    assert delivery(transition(None, published, NOW, task_id="t")) == times
    # As one that is made by HTTP, then published.
    adopted = transition(made, published, LATER)
    assert (delivery(adopted), adopted.root_id) == (times, "t")
    assert transition(adopted, published, LATER) is adopted
    assert task_json.decode(task_json.encode(adopted)) == adopted
    started = transition(adopted, event("Started", again_s=60.0), LATER)
    again = transition(started, event("Retried", eta=eta, attempt=1), LATER)
    assert delivery(again) == times
    at_once = transition(started, event("Requeued", attempt=1), LATER)
    assert delivery(at_once) == {"eta": LATER, "expires": expires}  # it waits, from now on


# Which of a worker's runs its main process means


def held(run: int | None) -> Task:
    found = record("running")
    assert found is not None
    return replace(found, worker=Worker("lease-1", "celery@one", run=run))


@pytest.mark.parametrize("name", ["Failed", "Cancelled", "Requeued", "Completed"])
@pytest.mark.parametrize(
    ("holds", "of_run", "taken"),
    [
        *((8, 8, True), (8, 7, False), (8, None, True), (None, 7, True), (None, None, True)),
        # Another worker has the run, or none: it waits for its next start.
        *(("other", 8, False), ("none", 7, True)),
    ],
)
def test_a_main_process_reports_on_the_run_that_it_names(
    name: str, holds: int | str | None, of_run: int | None, taken: bool
) -> None:
    task = held(None if isinstance(holds, str) else holds)
    if isinstance(holds, str):
        worker = {"other": Worker("lease-2", "celery@two", run=8), "none": None}[holds]
        task = replace(task, worker=worker)
    report = event(name, owner="lease-1", run=of_run)
    if taken:
        assert transition(task, report, LATER).updated_at == LATER
    else:
        with pytest.raises(TransitionRefused):
            transition(task, report, LATER)


def test_a_start_says_whether_its_message_comes_again() -> None:
    started = event("Started", again_s=3_600.0)
    assert delivery(transition(None, started, NOW, task_id="t")) == {"again_s": 3_600.0}
    assert delivery(transition(None, event("Started"), NOW, task_id="t")) == {}
    known = replace(held(8), expires=LATER, again_s=60.0, again_until=LATER)
    assert delivery(transition(known, event("Started"), LATER)) == {"expires": LATER}


# What time it is


def reported(task: Task | None, name: str, seconds: float, **values: Any) -> Task:
    """The event, reported then by the store's clock."""
    now = NOW + timedelta(seconds=seconds)
    return transition(task, event(name, **values), now, task_id="t")


def test_nothing_is_recorded_later_than_now() -> None:
    """A worker with a clock an hour ahead ended four seconds after it began."""
    running = reported(None, "Started", 0)
    task = reported(running, "Completed", 40, at=NOW + timedelta(seconds=3_604))
    assert task.completed_at == NOW + timedelta(seconds=40)
    assert task.processing_time_ms == 40_000


def test_nor_earlier_than_what_is_recorded() -> None:
    running = reported(reported(None, "Started", 0), "Progressed", 3)
    task = reported(running, "Completed", 40, at=NOW - timedelta(seconds=3_596))
    assert task.completed_at == NOW + timedelta(seconds=3)


def test_a_time_does_not_go_back_where_the_stores_clock_was_set_back() -> None:
    task = reported(reported(None, "Started", 0), "Progressed", 10)
    task = reported(task, "Progressed", 10 - 3_600)
    assert task.updated_at == NOW + timedelta(seconds=10)
    task = reported(task, "Completed", 40)
    assert task.processing_time_ms == 40_000
