"""The thread that works on each run's newest value: what waits for it, and what ends that."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from progress_backend.runs.latest_worker import LatestWorker
from progress_backend.runs.run import Run
from tests.waiting import eventually

#: Runs that wait at most.
MOST = 10_000


class Held:
    """Work that is held up until the test lets it go on."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, int]] = []
        self.go_on = threading.Event()
        self.began = threading.Event()
        self.lane = LatestWorker[int]("tests", self._work)

    def _work(self, run: Run, value: int) -> None:
        self.began.set()
        self.go_on.wait(20)
        self.done.append((run, value))

    def put(self, run: object, value: int) -> None:
        # What a lane does with a run is the same for any object.
        self.lane.put(cast(Run, run), value)

    def close(self, run: object, timeout_s: float) -> bool:
        return self.lane.close(cast(Run, run), timeout_s)


@pytest.fixture
def held() -> Held:
    """Its thread is at work on a first run."""
    held = Held()
    held.put("first", 0)
    assert held.began.wait(10)
    return held


def test_only_the_newest_value_of_a_run_is_worked_on(held: Held) -> None:
    for value in range(5):
        held.put("a", value)
        held.put("b", 10 + value)
    held.go_on.set()
    eventually(lambda: held.done == [("first", 0), ("a", 4), ("b", 14)])


def test_what_waits_is_bounded_and_what_has_waited_longest_goes(held: Held) -> None:
    runs = [object() for _ in range(MOST + 2)]
    for number, run in enumerate(runs):
        held.put(run, number)
    held.go_on.set()
    eventually(lambda: held.done[-1:] == [(runs[-1], MOST + 1)])
    assert [value for _, value in held.done[1:]] == list(range(2, MOST + 2))


def test_nothing_is_begun_for_a_run_that_is_closed(held: Held) -> None:
    held.put("a", 1)
    held.put("b", 2)
    held.close("a", 0)
    held.go_on.set()
    eventually(lambda: held.done == [("first", 0), ("b", 2)])


def test_what_is_under_way_is_waited_for_within_a_bound(held: Held) -> None:
    assert not held.close("first", 0.01)
    assert held.done == []
    threading.Timer(0.05, held.go_on.set).start()
    assert held.close("first", 20)
    assert held.done == [("first", 0)]
