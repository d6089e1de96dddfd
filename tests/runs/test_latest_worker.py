"""The thread that works on each run's newest value: what waits for it, and what ends that."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from progress_backend.runs.latest_worker import LatestWorker
from progress_backend.runs.run import Run
from tests.waiting import eventually

#: Runs that wait at most.
MOST = 100


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
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Its thread is at work on a first run."""
    monkeypatch.setattr("progress_backend.runs.latest_worker._MOST", MOST)
    held = Held()
    held.put("first", 0)
    assert held.began.wait(10)
    return held


def test_only_the_newest_value_of_a_run_is_worked_on(held: Held) -> None:
    """And of the runs those that have waited least, within a bound."""
    for value in range(5):
        held.put("a", value)
    for run in range(MOST + 1):
        held.put(run, 10 + run)
    held.put("a", 5)
    held.go_on.set()
    eventually(lambda: held.done[-1:] == [("a", 5)])
    assert held.done[1:-1] == [(run, 10 + run) for run in range(2, MOST + 1)]


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
