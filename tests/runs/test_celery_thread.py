"""The thread for calls that may block: what waits for it, and what ends that."""

import threading
from functools import partial

import pytest

from progress_backend.runs.celery_thread import CeleryThread
from tests.clocks import Clock
from tests.waiting import eventually

#: Calls that wait at most.
MOST = 100


class Held:
    """Calls that are held up until the test lets them go on."""

    def __init__(self) -> None:
        self.done: list[tuple[object, int]] = []
        self.go_on = threading.Event()
        self.began = threading.Event()
        self.thread = CeleryThread("calls")

    def _work(self, key: object, value: int) -> None:
        self.began.set()
        self.go_on.wait(60)
        self.done.append((key, value))

    def put(self, key: str | int, value: int, wait_s: float = 0.0) -> None:
        self.thread.put(key, partial(self._work, key, value), wait_s)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Its thread is at work on a first run."""
    monkeypatch.setattr("progress_backend.runs.celery_thread._MOST", MOST)
    held = Held()
    held.put("first", 0)
    assert held.began.wait(60)
    return held


def test_only_the_newest_call_of_a_key_is_made(held: Held) -> None:
    """And of the keys those that have waited least, within a bound."""
    for value in range(5):
        held.put("a", value)
    for key in range(MOST + 1):
        held.put(key, 10 + key)
    held.put("a", 5)
    held.go_on.set()
    eventually(lambda: held.done[-1:] == [("a", 5)])
    assert held.done[1:-1] == [(key, 10 + key) for key in range(2, MOST + 1)]


def test_no_call_is_made_of_a_key_that_is_closed(held: Held) -> None:
    held.put("a", 1)
    held.put("b", 2)
    held.thread.close("a", 0)
    held.go_on.set()
    eventually(lambda: held.done == [("first", 0), ("b", 2)])


def test_what_is_under_way_is_waited_for_within_a_bound(held: Held) -> None:
    assert not held.thread.close("first", 0.01)
    assert held.done == []
    threading.Timer(0.05, held.go_on.set).start()
    assert held.thread.close("first", 20)
    assert held.done == [("first", 0)]


def test_a_call_that_has_to_wait_holds_no_other_up(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.runs.celery_thread.monotonic", clock := Clock(100.0))
    held.put("later", 1, wait_s=0.1)
    held.put("a", 2)
    held.go_on.set()
    eventually(lambda: held.done == [("first", 0), ("a", 2)])
    clock.time += 0.1
    eventually(lambda: held.done == [("first", 0), ("a", 2), ("later", 1)])
