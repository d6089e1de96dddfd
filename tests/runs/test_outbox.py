from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.record import events as ev
from progress_backend.runs.outbox import Kept, Outbox
from progress_backend.runs.run import Run

MIB = 1024 * 1024


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(4, MIB)


def drained(outbox: Outbox) -> list[tuple[str, ev.Event]]:
    taken = []
    while firsts := outbox.firsts(1):
        (kept,) = firsts
        taken.append((kept.task_id, undated(kept)))
        outbox.sent(kept)
    return taken


def undated(kept: Kept) -> ev.Event:
    return kept.dated(datetime.now(UTC)).replace(at=None)


def test_each_tasks_events_go_in_order(outbox: Outbox) -> None:
    first, second, third = ev.Paused(), ev.Resumed(), ev.Completed()
    outbox.keep(None, "a", first)
    outbox.keep(None, "b", second)
    outbox.keep(None, "a", third)
    assert len(outbox) == 3
    assert "a" in outbox
    assert [kept.task_id for kept in outbox.firsts(9)] == ["a", "b"], "of each task one"
    assert drained(outbox) == [("a", first), ("a", third), ("b", second)]
    assert len(outbox) == 0
    assert "a" not in outbox


def test_it_keeps_of_which_run_the_event_is_and_since_when(outbox: Outbox) -> None:
    run = Run("t", ev.Identity("x"), None)  # type: ignore[arg-type]  # no sender is called
    outbox.keep(run, "t", ev.Completed(results={"rows": [1, None]}))
    (kept,) = outbox.firsts(1)
    assert (kept.task_id, kept.run) == ("t", run)
    assert undated(kept) == ev.Completed(results={"rows": [1, None]})
    now = datetime.now(UTC)
    at = kept.dated(now).at
    assert at is not None
    assert timedelta() <= now - at < timedelta(seconds=5)


def test_when_it_is_full_values_go_first_and_ends_last_the_oldest_of_each(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    born = ev.Created(identity=ev.Identity("x"))
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "b", born, ev.Started(identity=born.identity), ev.Progressed())
    assert not caplog.records
    outbox.keep(None, "c", ev.Completed())
    assert outbox.dropped == {"value": 1}
    outbox.keep(None, "d", ev.Completed())
    outbox.keep(None, "e", ev.Completed())
    assert outbox.take_dropped() == {"value": 1, "publish": 1, "start": 1}
    outbox.keep(None, "f", ev.Failed(error_message="no"))
    assert outbox.take_dropped() == {"end": 1}
    assert [task_id for task_id, _ in drained(outbox)] == ["c", "d", "e", "f"]
    assert len(caplog.records) == 2, "once until the store has the counts"


def test_it_is_bounded_in_bytes_whatever_the_jobs_give() -> None:
    outbox = Outbox(10_000, MIB)
    for number in range(40):
        outbox.keep(None, f"t{number}", ev.Completed(results={"text": "x" * 100_000}))
    assert 8 <= len(outbox) <= 10
    assert len(outbox) + outbox.dropped["end"] == 40
    small = Outbox(10_000, MIB)
    for number in range(40):
        small.keep(None, f"t{number}", ev.Completed(results={"text": "x" * 1_000_000}))
    assert len(small) == 40, "too large for a record: a note of their size is kept"
    assert undated(small.firsts(1)[0]) == ev.Completed(
        results={"truncated": True, "bytes": 1_000_011}
    )


def test_what_fails_again_and_again_lets_the_others_go_first(outbox: Outbox) -> None:
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "b", ev.Cancelled())
    outbox.postpone("a")
    assert [task_id for task_id, _ in drained(outbox)] == ["b", "a"]


def test_sent_twice_is_sent_once_and_what_was_dropped_is_gone(outbox: Outbox) -> None:
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "a", ev.Completed())  # equal, but another one
    (kept,) = outbox.firsts(1)
    outbox.sent(kept)
    outbox.sent(kept)
    assert len(outbox) == 1
    (kept,) = outbox.firsts(1)
    outbox.keep(None, "b", *[ev.Completed()] * 4)
    outbox.sent(kept)
    assert len(outbox) == 4


def test_what_a_run_has_published_goes_before_its_own_events(outbox: Outbox) -> None:
    published = [ev.Created(identity=ev.Identity("t", parent_id=one)) for one in "ac"]
    outbox.keep(None, "b", published[0])
    assert outbox.holds_up("a", ev.Completed())
    assert not outbox.holds_up("a", ev.Progressed()), "only an end waits for them"
    assert not outbox.holds_up("a", ev.Completed(), kept=False)
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "d", published[1])
    assert [kept.task_id for kept in outbox.firsts(9)] == ["b", "d"]
    assert [task_id for task_id, _ in drained(outbox)] == ["b", "a", "d"]
    assert not outbox.holds_up("a", ev.Completed())


def test_an_end_waits_for_no_publish_that_was_dropped(outbox: Outbox) -> None:
    outbox.keep(None, "b", ev.Created(identity=ev.Identity("t", parent_id="a")))
    for name in "cdef":
        outbox.keep(None, name, ev.Completed())
    assert (outbox.dropped, outbox.holds_up("a", ev.Completed())) == ({"publish": 1}, False)
