"""What is asked of a list: bounds, and what goes together."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import InvalidEvent
from progress_backend.record.list_request import ListRequest, Span

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
NOON_US = round(NOON.timestamp() * 1e6)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"status": "running", "page": 1, "limit": 100, "task_type": "fetch", "symbol": "7203.T"},
        {"page": 10**9, "limit": 1},
        {"owner": "alice", "symbol": "x", "remark": "late", "cursor": "5.a"},
        {"id_prefix": "8a0001", "page": 3},
        {"id_prefix": "8a0001", "task_type": "fetch", "owner": "alice"},
        {"workflow_id": "w", "status": "error", "created_from": NOON},
        {"remark": "late", "created_from": NOON, "created_to": NOON},
        {"top": True},
        {"sort": "running", "task_type": "fetch", "symbol": "x"},
        {"sort": "running", "owner": "alice"},
        {"sort": "running", "workflow_id": "w"},
        {"sort": "ended", "status": "error"},
    ],
)
def test_what_goes_together(asked) -> None:
    ListRequest(**asked).check()


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"status": "done"}, "status must be "),
        ({"page": 0}, "page must be "),
        ({"page": "1"}, "page must be "),
        ({"limit": 0}, "limit must be "),
        ({"limit": 101}, "limit must be "),
        ({"task_type": ""}, "task_type must be "),
        ({"symbol": "x" * 256}, "symbol must be "),
        ({"owner": "x" * 201}, "owner must be "),
        ({"id_prefix": ""}, "id_prefix must be "),
        ({"id_prefix": "a\x00"}, "id_prefix "),
        ({"remark": "odd"}, "remark must be "),
        ({"top": 1}, "top must be "),
        ({"created_from": "yesterday"}, "created_from must be a time with an offset"),
        ({"created_from": "2026-01-15T09:00:00"}, "created_from must be a time with an offset"),
        ({"created_to": NOON.replace(tzinfo=None)}, "created_to must be a time with an offset"),
        ({"created_to": 5}, "created_to must be a time with an offset"),
        ({"id_prefix": "8a000"}, "id_prefix must have 6 characters at least"),
        ({"id_prefix": "8a0001", "status": "running"}, "id_prefix goes without status"),
        ({"id_prefix": "8a0001", "symbol": "x"}, "id_prefix goes without status"),
        ({"id_prefix": "8a0001", "workflow_id": "w"}, "workflow_id goes with status alone"),
        ({"id_prefix": "8a0001", "remark": "late"}, "id_prefix goes without status"),
        ({"id_prefix": "8a0001", "created_to": NOON}, "id_prefix goes without status"),
        ({"id_prefix": "8a0001", "top": True}, "top goes without filters"),
        ({"created_from": NOON, "top": True}, "top goes without filters"),
        ({"id_prefix": "8a0001", "cursor": "5.a"}, "cursor goes with"),
        ({"sort": "oldest"}, "sort must be "),
        ({"sort": "running", "status": "error"}, "sort=running goes without status"),
        ({"sort": "running", "remark": "late"}, "sort=running goes without"),
        ({"sort": "running", "top": True}, "(sort=running|top) goes without"),
        ({"sort": "running", "id_prefix": "8a0001"}, "sort=running goes without"),
        ({"sort": "running", "created_to": NOON}, "sort=running goes without"),
        ({"sort": "running", "owner": "a", "symbol": "b"}, "sort=running goes without"),
        ({"sort": "ended"}, "sort=ended goes with status"),
        ({"sort": "ended", "status": "running"}, "sort=ended goes with status"),
        ({"sort": "ended", "status": "error", "owner": "a"}, "sort=ended goes with status"),
        ({"sort": "longest", "status": "running"}, "sort must be one of newest, running, ended"),
    ],
)
def test_what_does_not_is_refused_by_name(asked, named) -> None:
    with pytest.raises(InvalidEvent, match=f"(^| ){named}"):
        ListRequest(**asked).check()


def test_times_in_any_offset_are_the_same_span() -> None:
    here = NOON.astimezone(timezone(timedelta(hours=9)))
    texts = (NOON, here, here.isoformat(), "2026-01-15T21:00:00 09:00", "2026-01-15 12:00:00Z")
    for given_time in texts:
        asked = ListRequest(created_from=given_time, created_to=NOON + timedelta(seconds=1))
        assert asked.span == Span(NOON_US, NOON_US + 1_000_000)
    assert ListRequest().span is None
    assert ListRequest(created_to=NOON).span == Span(0, NOON_US)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@given(st.dictionaries(st.sampled_from(ListRequest.__slots__), anything))
def test_nothing_but_a_clear_error_comes_of_bad_input(asked) -> None:
    with suppress(InvalidEvent):
        ListRequest(**asked).check()
