"""The short way of a value writes what the long way would write, or leaves it to that."""

from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from progress_backend.flows.stored_record import ReadRecord, milliseconds
from progress_backend.flows.task_flows import Records
from progress_backend.flows.task_lifetimes import due_ms
from progress_backend.flows.value_in_place import in_place
from progress_backend.operations.call import Layout
from progress_backend.operations.keys import Keys
from progress_backend.operations.ready_requests import ValueRequest
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.default_texts import progress_text
from progress_backend.record.model import Member, Task, TaskStatus, Warnings
from progress_backend.settings import Settings
from progress_backend.store.exchange import packed
from tests.strategies import NOW, counts, mappings, tasks, times

SETTINGS = Settings(redis_url="redis://127.0.0.1:1/0", key_prefix="p:")
FLOWS = Records(SETTINGS, None, lambda what, error, about: None)
TOKYO = timezone(timedelta(hours=9))
SECRETS = st.sampled_from(["redis://me:hidden@host", "password=hidden", "plain"])
messages = st.builds(progress_text, st.just("ja"), counts, counts) | SECRETS | st.none()
values = st.builds(
    ev.Progressed,
    attempt=st.integers(0, 4),
    current=st.none() | counts,
    total=st.none() | counts,
    message=messages,
    details=st.just({}) | mappings | st.fixed_dictionaries({"phase": SECRETS, "token": SECRETS}),
    results=st.just({}) | mappings,
    error_message=st.none() | SECRETS,
    checkpoint=st.none() | st.just("{}"),
)


def known(task: Task) -> ReadRecord:
    """A record as its run has written it last."""
    at = milliseconds(task.updated_at) if task.updated_at else 0
    return ReadRecord(task, task_json.digest(task_json.encode(task)), due_ms(task, at, SETTINGS))


def long_way(base: ReadRecord, event: ev.Progressed, now: Any) -> bytes:
    """The first request of the flow that knows all events."""
    task_id = base.task.task_id
    call = next(FLOWS.apply(task_id, (event,), now, base=base, clip=True))
    (request,) = call.asked(Layout.of(SETTINGS)).requests
    return packed(request)


def short_way(base: ReadRecord, event: ev.Progressed, now: Any) -> bytes | None:
    made = in_place(FLOWS, base, event, now)
    if made is None:
        return None
    assert made.base.digest == task_json.digest(made.document)
    assert task_json.encode(made.base.task) == made.document
    keys = Keys(SETTINGS.key_prefix)
    return ValueRequest(base.task.task_id, keys).of(base.digest, made.document, made.ttl_ms)


@given(tasks(), values, values, times | times.map(lambda time: time.astimezone(TOKYO)))
def test_it_writes_the_same_as_the_long_way(
    task: Task, event: ev.Progressed, then: ev.Progressed, now: Any
) -> None:
    running = replace(
        task, status=TaskStatus.RUNNING, completed_at=None, started_at=task.created_at, member=None
    )
    base = known(replace(running, warnings=None, error_message=None, error_cause=None))
    event, then = event.replace(attempt=task.attempt), then.replace(attempt=task.attempt)
    short = short_way(base, event, now)
    assume(short is not None)
    assert short == long_way(base, event, now)
    made = in_place(FLOWS, base, event, now)
    assert made is not None
    later = now + timedelta(milliseconds=1_500)
    if (short := short_way(made.base, then, later)) is not None:
        assert short == long_way(made.base, then, later)


@given(tasks(), values, times)
def test_it_takes_no_value_that_the_record_refuses(
    task: Task, event: ev.Progressed, now: Any
) -> None:
    assume(task.status != TaskStatus.RUNNING or task.attempt != event.attempt)
    assert short_way(known(task), event, now) is None


RUNNING = Task(
    "t", "x", 10, status="running", created_at=NOW, started_at=NOW, updated_at=NOW, attempt=1
)
VALUE = ev.Progressed(attempt=1, current=3, message=progress_text("ja", 3, 10))


@pytest.mark.parametrize(
    ("changes", "event", "later_s"),
    [
        ({"member": Member(("w",))}, VALUE, 1),
        ({"warnings": Warnings(stalled=NOW)}, VALUE, 1),
        ({"started_at": None}, VALUE, 1),
        ({"rate": 2.5}, VALUE, 1),
        ({}, VALUE.replace(at=NOW), 1),
        ({}, VALUE.replace(details={"phase": "save"}), 1),
        ({}, VALUE.replace(details={"rows": "x" * 262_000}), 1),
        ({}, VALUE, 3_601),
    ],
    ids=["member", "warned", "not begun", "first rate", "late", "phase", "too large", "an hour on"],
)
def test_where_more_than_the_values_changes_it_leaves_it_to_the_long_way(
    changes: dict[str, Any], event: ev.Progressed, later_s: int
) -> None:
    now = NOW + timedelta(seconds=later_s)
    assert short_way(known(RUNNING), VALUE, NOW + timedelta(seconds=1)) is not None
    assert short_way(known(replace(RUNNING, **changes)), event, now) is None


def test_an_id_that_is_no_utf_8_is_packed_as_it_was_read() -> None:
    request = ValueRequest("t\udcff", Keys()).of("0" * 40, b"{}", 5)
    assert request.startswith(b"*11\r\n$7\r\nEVALSHA\r\n$40\r\n")
    assert request.count(b"t\xff\r\n") == 3, "key, id and channel"
