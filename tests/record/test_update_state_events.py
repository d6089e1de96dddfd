from decimal import Decimal

import pytest
from hypothesis import given

from progress_backend.record import events as ev
from progress_backend.record.update_state_events import count_of, event_of
from tests.strategies import mappings, values


@pytest.mark.parametrize(
    "state", ["PENDING", "RECEIVED", "STARTED", "RETRY", "REJECTED", "IGNORED", "", None, 5]
)
def test_celerys_own_states_say_nothing_new(state) -> None:
    assert event_of(state, {"current": 1}) is None


@pytest.mark.parametrize("state", ["PROGRESS", "FETCHING", "progress"])
def test_any_other_state_is_progress(state) -> None:
    meta = {"current": 3, "total": 10, "percent": 30.0, "message": "m", "pages": 2}
    assert event_of(state, meta) == ev.Progressed(
        current=3, total=10, message="m", details={"pages": 2}
    )


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"message": "m", "description": "d", "status": "s"}, "m"),
        ({"message": None, "description": "d", "status": "s"}, "d"),
        # As celery-progress writes it.
        ({"description": "", "pending": False, "percent": 30.0}, None),
        ({"description": "", "status": "s"}, "s"),
        ({"message": ""}, ""),
        ({"message": 5}, "5"),
        ({"message": "x" * 9_999}, "x" * 2_000),
        *((nothing, None) for nothing in ({}, None, "text", [1])),
    ],
)
def test_the_message_is_message_else_description_else_status(meta, message) -> None:
    event = event_of("PROGRESS", meta)
    assert isinstance(event, ev.Progressed)
    assert event.message == message
    assert event.details == {}


def test_percent_alone_counts_as_items_of_100() -> None:
    for meta, figures in (
        ({"percent": 40.5}, (40, 100)),
        ({"percent": 40, "current": 3}, (3, None)),
        ({"percent": 40, "total": 10}, (None, 10)),
        ({"percent": "most"}, (None, None)),
    ):
        event = event_of("PROGRESS", meta)
        assert isinstance(event, ev.Progressed)
        assert (event.current, event.total) == figures


def test_hand_set_ends_map_like_the_signals() -> None:
    assert event_of("SUCCESS", {"a": 1}) == ev.Completed(results={"a": 1})
    assert event_of("SUCCESS", 5) == ev.Completed(results={"result": 5})
    assert event_of("SUCCESS", None) == ev.Completed()
    assert event_of("FAILURE", "why") == ev.Failed(error_message="why")
    assert event_of("FAILURE", ValueError("bad")) == ev.Failed(error_message="ValueError: bad")
    assert event_of("REVOKED", None) == ev.Cancelled(by="celery", reason="REVOKED")


class Rude:
    def __int__(self) -> int:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("number", "count"),
    [
        (5, 5),
        (5.9, 5),
        ("5", 5),
        (Decimal("5.5"), 5),
        (-5, 0),
        (2**60, 2**53 - 1),
        (0, 0),
        *((odd, None) for odd in (None, True, "five", [], Rude())),
        *((odd, None) for odd in (float("nan"), float("inf"), Decimal("nan"))),
    ],
)
def test_a_figure_is_a_count_or_left_out(number, count) -> None:
    assert count_of(number) == count


@given(values | mappings)
def test_no_meta_or_figure_breaks_the_job(reported) -> None:
    for state in ("PROGRESS", "SUCCESS", "FAILURE", "REVOKED"):
        assert isinstance(event_of(state, reported), ev.Event)
    event_of("PROGRESS", {"current": reported, "total": reported, "message": "m"})
