"""Which events leave an entry in a task's timeline, and what a record shows without one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from progress_backend.errors import TransitionRefused
from progress_backend.record import events as ev
from progress_backend.record import read_timeline, timeline
from progress_backend.record.act import Act
from progress_backend.record.document import written as text_of
from progress_backend.record.model import Member, Task, Warnings, Worker, rendered
from progress_backend.record.timeline import TimelineEntry as Entry
from progress_backend.record.transition import transition
from tests.strategies import events

NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLAIN = ev.Identity("fetch_data", 252)
MEMBER = ev.Identity("fetch_data", 252, member=Member(("w",)))
WORKER = Worker("lease-1", "celery@a")

CREATED = ev.Created(identity=PLAIN)
STARTED = ev.Started(identity=PLAIN, worker=WORKER, again_s=60.0)
AGAIN = ev.Started(identity=PLAIN, worker=WORKER, redelivered=True)
PAUSED = ev.Paused(by="api", reason="lunch")


def timeline_of(*happened: ev.Event) -> tuple[Task, list[Entry], list[Entry]]:
    """The task after events a second from each other, what the last one wrote, and the entries of
    all before it."""
    task, written, before = None, [], []
    for second, event in enumerate(happened):
        before += written
        known, now = task, NOW + timedelta(seconds=second)
        task = transition(known, event, now, task_id="t")
        written = list(timeline.written(known, event, task))
    assert task is not None
    return task, written, before


def names(entries: list[Entry]) -> list[str]:
    return [entry.event for entry in entries]


def act(action: Any) -> ev.WorkflowRequested:
    return ev.WorkflowRequested(workflow_id="w", act=Act.made(action, 5, "api", "all of them"))


LOST = (CREATED, STARTED, ev.Lost(lease="lease-1", error_message="gone", revision=0))
WARNED = ev.Warned(warnings=Warnings(stalled=NOW), revision=0)
#: What happened, the last of it an event of each kind, and what that writes.
TABLE: list[tuple[tuple[ev.Event, ...], list[str]]] = [
    ((CREATED,), []),
    ((ev.Planned(identity=MEMBER),), []),
    ((ev.Planned(identity=MEMBER), ev.NeverPublished(error_message="no", cause="upstream")), []),
    ((ev.Planned(identity=MEMBER), ev.Created(identity=MEMBER)), []),
    ((CREATED, STARTED), []),
    ((STARTED,), []),
    ((CREATED, STARTED, ev.Progressed(current=1)), []),
    ((CREATED, ev.Progressed(current=1)), []),
    ((CREATED, ev.Progressed(current=1), STARTED), ["started"]),
    ((CREATED, STARTED, ev.Progressed(details={"phase": "read"})), ["phase"]),
    ((CREATED, STARTED, *[ev.Progressed(details={"phase": "read"})] * 2), []),
    ((CREATED, STARTED, ev.Progressed(details={"phase": {"no": "text"}})), []),
    ((CREATED, STARTED, PAUSED), []),
    ((CREATED, STARTED, PAUSED, ev.Acknowledged()), []),
    (
        (CREATED, STARTED, PAUSED, ev.Acknowledged(), ev.Resumed()),
        ["pause", "acknowledged", "resumed"],
    ),
    ((CREATED, STARTED, ev.Resumed()), []),
    ((CREATED, STARTED, PAUSED, ev.Cancelled(by="api")), ["pause"]),
    ((ev.Created(identity=MEMBER), act("pause")), []),
    ((ev.Created(identity=MEMBER), act("pause"), act("resume")), ["pause", "resumed"]),
    ((ev.Created(identity=MEMBER), act("cancel")), []),
    ((CREATED, STARTED, ev.Retried(message="503", retries=1)), ["retried"]),
    ((CREATED, STARTED, ev.Retried(retries=1), STARTED), ["started"]),
    ((CREATED, STARTED, ev.Retried(retries=1), AGAIN), ["started"]),
    ((CREATED, STARTED, ev.Requeued()), ["requeued"]),
    ((CREATED, STARTED, ev.Requeued(), AGAIN), ["started"]),
    ((CREATED, STARTED, AGAIN), ["started", "redelivered"]),
    # The retry's message came before the record of the retry.
    ((CREATED, STARTED, AGAIN.replace(retries=1)), ["started", "retried"]),
    ((CREATED, STARTED, ev.Completed()), []),
    ((CREATED, STARTED, ev.Completed(asked=ev.EndRequest("api", "why", force=True))), []),
    ((CREATED, STARTED, ev.Failed(error_message="no")), []),
    ((CREATED, STARTED, ev.Completed(), ev.Repeated(task_id="new")), []),
    ((CREATED, STARTED, ev.Cancelled(by="celery")), []),
    ((CREATED, STARTED, ev.Ignored()), []),
    ((CREATED, ev.Expired(revision=0)), []),
    (LOST, []),
    ((*LOST, ev.Progressed(current=3, attempt=1)), ["ended", "returned"]),
    ((*LOST, ev.RunRegained(attempt=1)), ["ended", "returned"]),
    ((*LOST, ev.Started(identity=PLAIN, redelivered=True)), ["started", "ended", "redelivered"]),
    ((*LOST, ev.Completed(attempt=1)), ["ended"]),
    ((CREATED, STARTED, ev.Completed(), CREATED), ["created", "started", "ended"]),
    ((CREATED, STARTED, WARNED), []),
    ((CREATED, STARTED, WARNED, ev.Progressed(current=1)), ["stalled"]),
]


@pytest.mark.parametrize(("happened", "expected"), TABLE)
def test_what_each_event_writes(happened: tuple[ev.Event, ...], expected: list[str]) -> None:
    _, written, _ = timeline_of(*happened)
    assert names(written) == expected


def test_the_tables_have_every_event() -> None:
    classes = [each for each in vars(ev).values() if isinstance(each, type)]
    every = {each for each in classes if issubclass(each, ev.Event) and each is not ev.Event}
    assert {type(happened[-1]) for happened, _ in TABLE} == every


def test_who_and_why_stand_in_the_entries() -> None:
    stored, task, number = list[bytes](), None, 0
    for number, event in enumerate(
        [
            *(CREATED, STARTED, PAUSED, ev.Acknowledged(), ev.Resumed(by="alice")),
            *(ev.Retried(message="長" * 1_000, retries=1), STARTED),
            ev.Failed(error_message="Traceback\n  line\nValueError: 3", cause="exception"),
        ]
    ):
        known = task
        task = transition(known, event, NOW + number * SECOND, task_id="t")
        stored += map(text_of, timeline.written(known, event, task))
    assert task is not None
    attempt = {"attempt": 2, "worker": "celery@a"}
    end = {"event": "ended", "attempt": 2, "status": "error", "cause": "exception"}
    entries: list[dict[str, Any]] = [
        {"event": "created"},
        {"event": "started", "attempt": 1},
        {"event": "pause", "by": "api", "text": "lunch"},
        {"event": "acknowledged"},
        {"event": "resumed", "by": "alice"},
        {"event": "retried", **attempt, "attempt": 1, "text": "長" * 159 + "…"},
        {"event": "started", **attempt},
        {**end, "text": "ValueError: 3"},
    ]
    times = [rendered(NOW + each * SECOND) for each in range(number + 1)]
    wanted = [{"time": time, **entry} for time, entry in zip(times, entries, strict=True)]
    assert json.loads(text_of(read_timeline.read(task, stored))) == wanted


@pytest.mark.parametrize("milliseconds", [[0, 0, 1, 1, 1], [0, 1, 2, 2, 3], [0, 1, 2, 3, 3]])
def test_a_retry_within_a_millisecond_is_listed_in_order(milliseconds: list[int]) -> None:
    happened = (CREATED, STARTED, ev.Retried(retries=1), STARTED, ev.Completed())
    task, stored = None, []
    for at, event in zip(milliseconds, happened, strict=True):
        known = task
        task = transition(known, event, NOW + timedelta(milliseconds=at), task_id="t")
        stored += map(text_of, timeline.written(known, event, task))
    assert task is not None
    entries = [(one.event, one.attempt) for one in read_timeline.read(task, stored)]
    later = [("retried", 1), ("started", 2), ("ended", 2)]
    assert entries == [("created", None), ("started", 1), *later]


@given(st.lists(events(), max_size=12))
@example(  # one end takes another's place, at the same time
    [CREATED, ev.Failed(error_message="0", cause="not_published"), ev.Cancelled(at=NOW)]
)
def test_no_listed_entry_is_dropped(happened: list[ev.Event]) -> None:
    task, stored, ever = None, [], set()
    for second, event in enumerate(happened):
        known, now = task, NOW + timedelta(seconds=second)
        try:
            task = transition(known, event, now, task_id="t")
        except TransitionRefused:
            continue
        stored += map(text_of, timeline.written(known, event, task))
        listed = {timeline.key_of(entry) for entry in read_timeline.read(task, stored)}
        ever |= listed
        assert ever == listed


@pytest.mark.parametrize(
    "stored", [b"", b"{", b"[]", b"{}", b'{"time":1,"event":"x"}', b'{"time":"x","event":"x"}']
)
def test_what_another_program_has_written_is_left_out(stored: bytes) -> None:
    task, _, _ = timeline_of(CREATED)
    assert names(read_timeline.read(task, [stored])) == ["created"]
