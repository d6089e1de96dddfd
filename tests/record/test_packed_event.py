"""Events that wait: as they were, but for what no record would keep."""

from typing import Any

import pytest
from hypothesis import given

from progress_backend.record import events as ev
from progress_backend.record.packed_event import PackedEvent, packed, unpacked
from tests.strategies import events


@given(events())
def test_an_event_with_plain_values_is_the_same_again(event: ev.Event) -> None:
    kept = packed(event)
    assert packed(unpacked(kept)) == kept


@pytest.mark.parametrize(
    "event",
    [
        ev.Completed(results={"rows": [1, 2**70, None, {"a": 1.5}]}, message="done"),
        ev.Progressed(current=1, details={"phase": "two"}, results={"a": "日本"}, checkpoint="c"),
        ev.Created(identity=ev.Identity("x", metadata={"by": "cron"})),
        ev.Started(identity=ev.Identity("x"), retries=2),
        ev.Acknowledged(attempt=3),
    ],
)
def test_nothing_of_it_is_lost(event: ev.Event) -> None:
    assert unpacked(packed(event)) == event


def test_what_is_no_json_is_kept_as_text_and_not_as_the_object() -> None:
    class Frame:
        def __str__(self) -> str:
            return "3 rows"

    given: Any = {"frame": Frame(), "all": (float("nan"),), 5: "five"}
    kept = packed(ev.Completed(results=given))
    given["frame"] = "changed since"
    assert unpacked(kept) == ev.Completed(results={"frame": "3 rows", "all": ["nan"], "5": "five"})


def test_what_is_too_large_for_a_record_is_shortened_as_there() -> None:
    event = ev.Failed(error_message="no " * 300_000, results={"rows": "x" * 300_000, "n": 1})
    kept: PackedEvent = packed(event)
    failed = unpacked(kept)
    assert isinstance(failed, ev.Failed)
    assert failed.error_message == ("no " * 300_000)[:2_000]
    assert failed.results == {"truncated": True, "bytes": 300_017}
    assert kept.size < 5_000
    fits = ev.Failed(error_message="no", results={"rows": "x" * 100_000})
    assert unpacked(packed(fits)) == fits
