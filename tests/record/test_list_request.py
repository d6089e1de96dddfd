"""What is asked of a list: bounds, and what goes together."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.errors import InvalidEvent
from progress_backend.record.list_request import ListRequest
from progress_backend.record.sort import Span

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
NOON_US = round(NOON.timestamp() * 1e6)


FILTERS = {
    "status": "error",
    "task_type": "fetch",
    "symbol": "7203.T",
    "owner": "alice",
    "workflow_id": "w",
    "warning": "late",
    "created_from": NOON,
    "created_to": NOON,
    "ended_from": NOON,
    "id_prefix": "8a0001",
    "symbol_prefix": "72",
    "top": True,
}
ORDERS = ("sort=running", "sort=ended")
#: All that goes together, as sets that have every pair of what does.
TOGETHER = [
    *({"status", *some, "created_from", "created_to"} for some in (
        ("task_type", "symbol"), ("owner",), ("workflow_id",), ("warning",)
    )),
    *({"sort=running", *some, "created_from", "created_to"} for some in (
        ("task_type", "symbol"), ("owner",), ("workflow_id",), ("warning",)
    )),
    {"status", "ended_from", "sort=ended"},
    {"id_prefix"},
    {"symbol_prefix"},
    {"top", "sort=running"},
]  # fmt: skip


def of(*names: str) -> ListRequest:
    filters = {name: FILTERS[name] for name in names if name in FILTERS}
    (order,) = [name.removeprefix("sort=") for name in names if name in ORDERS] or ["newest"]
    return ListRequest(**filters, sort=order)


def refused(asked: ListRequest, *of_token: str) -> str:
    try:
        asked.check_together(of_token)
    except InvalidEvent as error:
        return str(error)
    return ""


def test_each_pair_of_filters_goes_together_or_is_refused_by_name() -> None:
    for pair in combinations((*FILTERS, *ORDERS), 2):
        if set(pair) <= set(ORDERS):
            continue
        goes = any(set(pair) <= some for some in TOGETHER)
        assert refused(of(*pair)) == (
            "" if goes else f"{pair[0]} and {pair[1]} cannot be combined"
        ), pair
    for some in TOGETHER:
        of(*some).check()


def test_what_a_token_names_goes_with_filters_that_have_no_index() -> None:
    both = ("task_type", "owner")
    for other in ("status", "symbol", "warning", "created_from", "symbol_prefix"):
        assert refused(of(*both, other), *both) == "", other
    assert of(*both).by_cursor
    assert not of(*both, "id_prefix").by_cursor, "these are counted"
    assert refused(of("task_type", "owner"), "task_type") == ""
    assert refused(of("owner", "symbol"), "task_type") == "symbol and owner cannot be combined"
    assert refused(of("task_type", "workflow_id"), *both) != ""
    assert refused(of(*both, "sort=running"), *both) == "owner and sort=running cannot be combined"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"status": "done"}, "status must be "),
        ({"page": 0}, "page must be "),
        ({"page": "1"}, "page must be "),
        ({"limit": 0}, "limit must be "),
        ({"task_type": "x" * 256}, "task_type must be "),
        ({"symbol": "x" * 256}, "symbol must be "),
        ({"owner": "x" * 201}, "owner must be "),
        ({"id_prefix": "a\x00"}, "id_prefix "),
        ({"warning": "odd"}, "warning must be "),
        ({"top": 1}, "top must be "),
        ({"created_from": "yesterday"}, "created_from must be a time with an offset"),
        ({"created_from": "2026-01-15T09:00:00"}, "created_from must be a time with an offset"),
        ({"created_to": NOON.replace(tzinfo=None)}, "created_to must be a time with an offset"),
        ({"created_to": 5}, "created_to must be a time with an offset"),
        ({"id_prefix": "8a000"}, "id_prefix must have at least 6 characters"),
        ({"sort": "longest"}, "sort must be one of newest, running, ended"),
        ({"sort": "ended", "status": "running"}, "status=running and sort=ended cannot be"),
        ({"cursor": "5.a"}, "send cursor if the total of the list is null, else page"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(asked, named) -> None:
    with pytest.raises(InvalidEvent, match=f"(^| ){named}"):
        ListRequest(**asked).check()


def test_a_list_by_cursor_has_no_page() -> None:
    asked = ListRequest(owner="alice", task_type="fetch", cursor="5.a")
    asked.check_together(["task_type"])
    with pytest.raises(InvalidEvent, match="send cursor if the total"):
        replace(asked, cursor=None, page=2).check_together(["task_type"])


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
