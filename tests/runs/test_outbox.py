from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from progress_backend.record import events as ev
from progress_backend.runs.outbox import Outbox


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(4)


def drained(outbox: Outbox) -> list[tuple[str, ev.Event]]:
    taken = []
    while firsts := outbox.firsts(1):
        ((task_id, kept),) = firsts
        taken.append((task_id, kept.event))
        outbox.sent(task_id, kept)
    return taken


def test_nothing_waits_at_first(outbox: Outbox) -> None:
    assert outbox.firsts(1) == []
    assert len(outbox) == 0
    assert "t" not in outbox
    outbox.postpone("t")


def test_each_tasks_events_go_in_order(outbox: Outbox) -> None:
    first, second, third = ev.Paused(), ev.Resumed(), ev.Completed()
    outbox.keep(None, "a", first)
    outbox.keep(None, "b", second)
    outbox.keep(None, "a", third)
    assert len(outbox) == 3
    assert "a" in outbox
    assert drained(outbox) == [("a", first), ("a", third), ("b", second)]
    assert len(outbox) == 0
    assert "a" not in outbox


def test_it_keeps_whose_event_it_is_and_since_when(outbox: Outbox) -> None:
    run, event = object(), ev.Completed()
    outbox.keep(run, "t", event)
    ((task_id, kept),) = outbox.firsts(1)
    assert (task_id, kept.run, kept.event) == ("t", run, event)
    now = datetime.now(UTC)
    assert timedelta() <= now - kept.dated(now).at < timedelta(seconds=5)


def test_when_it_is_full_the_task_that_waited_longest_goes_and_is_counted(outbox: Outbox) -> None:
    assert not outbox.keep(None, "a", ev.Paused(), ev.Resumed())
    assert not outbox.keep(None, "b", ev.Completed(), ev.Completed())
    assert outbox.keep(None, "c", ev.Completed())
    assert (len(outbox), outbox.dropped) == (3, 2)
    assert [task_id for task_id, _ in drained(outbox)] == ["b", "b", "c"]


def test_one_task_alone_cannot_outgrow_it(outbox: Outbox) -> None:
    for _ in range(100):
        outbox.keep(None, "a", ev.Completed())
    assert len(outbox) <= 4
    assert len(outbox) + outbox.dropped == 100


def test_what_fails_again_and_again_lets_the_others_go_first(outbox: Outbox) -> None:
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "b", ev.Cancelled())
    outbox.postpone("a")
    assert [task_id for task_id, _ in drained(outbox)] == ["b", "a"]


def test_sent_twice_is_sent_once(outbox: Outbox) -> None:
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "a", ev.Completed())  # equal, but another one
    ((task_id, kept),) = outbox.firsts(1)
    outbox.sent(task_id, kept)
    outbox.sent(task_id, kept)
    assert len(outbox) == 1


def test_threads_lose_nothing() -> None:
    outbox, taken = Outbox(100_000), []

    def fill(name: str) -> None:
        for n in range(500):
            outbox.keep(None, f"{name}{n}", ev.Completed())

    threads = [threading.Thread(target=fill, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    while len(taken) < 2_000 and any(t.is_alive() for t in threads):
        taken += drained(outbox)
    for thread in threads:
        thread.join()
    taken += drained(outbox)
    assert len({task_id for task_id, _ in taken}) == len(taken) == 2_000


def test_what_a_run_has_published_goes_before_its_own_events(outbox: Outbox) -> None:
    published = [ev.Created(identity=ev.Identity("t", parent_id=one)) for one in ("a", "c", "c")]
    outbox.keep(None, "a", ev.Completed())
    outbox.keep(None, "b", published[0])
    outbox.keep(None, "c", *published[1:])  # by itself
    assert [outbox.awaits(name) for name in "abc"] == [True, False, False]
    assert [task_id for task_id, _ in outbox.firsts(9)] == ["b", "c"]
    assert [task_id for task_id, _ in drained(outbox)] == ["b", "a", "c", "c"]
    assert not outbox.awaits("a")


def test_two_that_have_published_each_other_hold_up_none(outbox: Outbox) -> None:
    for name, other in ("ab", "ba"):
        created = ev.Created(identity=ev.Identity("t", parent_id=other))
        outbox.keep(None, name, ev.Completed(), created)
    assert len(drained(outbox)) == 4


def test_an_end_waits_for_no_publish_that_was_dropped(outbox: Outbox) -> None:
    outbox.keep(None, "b", ev.Created(identity=ev.Identity("t", parent_id="a")))
    for name in "cdef":
        outbox.keep(None, name, ev.Completed())
    assert (outbox.dropped, outbox.awaits("a")) == (1, False)
