"""When the stack of a run is taken, and what is kept of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from msgspec.structs import replace

from progress_backend.errors import StoreUnavailable
from progress_backend.operations import stacks
from progress_backend.record import events as ev
from progress_backend.record.model import TaskStatus, Warnings
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.runs.stack_writer import CANCEL_S, StackWriter
from progress_backend.settings import Settings
from progress_backend.stacks.frames import JobThread
from progress_backend.store.drivers import Store
from tests.clocks import Clock, set_monotonic


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(1_000.0)
    set_monotonic(monkeypatch, clock)
    return clock


class Side:
    """A process with one run, this test as its job, and its writer of stacks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.sender = Sender(store, None, closing_s=0.3)
        self.run = Run("t", ev.Identity(task_type="fetch_data"), self.sender, place=JobThread())
        self.sender.record(self.run, "t", ev.Started(identity=self.run.identity))
        self.stacks = StackWriter(self.sender.writer)

    def step(self, seconds: float = 0.0) -> None:
        self.clock.time += seconds
        self.stacks.look([self.run])
        self.stacks.step()

    def kept(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.store.execute(stacks.kept("t"))]


@pytest.fixture
def side(redis_url: str, clock: Clock) -> Iterator[Side]:
    with Store(Settings(redis_url=redis_url)) as store:
        store.measure_clock()
        side = Side(store, clock)
        yield side
        side.sender.stop()


def test_a_stack_that_the_store_refuses_holds_up_no_value(side: Side, redis_url: str) -> None:
    """The Redis user may not write stacks, but all else."""
    with redis.Redis.from_url(redis_url) as raw:
        raw.execute_command("ACL", "SETUSER", "default", "-xadd")
        try:
            side.stacks.failed(side.run, "ValueError: it broke")
            side.step(2)
        finally:
            raw.execute_command("ACL", "SETUSER", "default", "+xadd")
    assert (len(side.stacks), side.sender.writer.thread.away) == (0, False)
    assert side.kept() == []


def test_a_request_is_answered_by_two_looks_a_second_apart(side: Side) -> None:
    side.stacks.lately = {"t": 5}
    side.step()
    side.step(0.5)
    assert side.kept() == []
    side.step(0.5)
    (entry,) = side.kept()
    assert (entry["event"], entry["cause"], entry["attempt"]) == ("stack", "request", 1)
    assert "test_stack_writer.py" in entry["text"]
    assert any("test_a_request_is_answered" in frame["function"] for frame in entry["frames"])
    side.step(5)
    side.stacks.lately = {"t": 6}
    side.step()
    side.step(1)
    assert len(side.kept()) == 2


def test_a_warning_a_cancel_and_a_time_limit_have_a_stack_each_once(side: Side) -> None:
    run, place = side.run, side.run.place
    assert run.base is not None
    assert place is not None
    now = datetime(2026, 1, 5, tzinfo=UTC)
    task = run.base.task
    warned = replace(task, warnings=Warnings(stalled=now, late=now))
    run.base = run.base._replace(task=warned)
    for _ in range(4):
        side.step(1)
    assert [entry["cause"] for entry in side.kept()] == ["stalled"]
    run.status = TaskStatus.CANCELLED
    side.step()
    side.step(CANCEL_S - 1)
    side.step(1)
    place.limit_at = side.clock.time + 2
    for _ in range(4):
        side.step(1)
    assert [entry["cause"] for entry in side.kept()] == ["stalled", "cancel", "time_limit"]
    assert not side.store.execute(stacks.lately()), "none is requested"


def test_a_run_that_has_ended_has_none_and_a_store_that_is_away_gets_it_later(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Any) -> None:
        raise StoreUnavailable("away")

    side.stacks.lately = {"t": 5}
    side.step()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "execute", lambda _, call: away(call))
        side.step(1)
    assert side.stacks
    side.sender.writer.thread.succeeded()
    side.step(2)
    assert len(side.kept()) == 1
    side.stacks.lately = {"t": 6}
    side.step()
    side.run.closed = True
    side.step(2)
    assert len(side.kept()) == 1
    assert not side.stacks


def test_a_failed_runs_traceback_is_stored_without_its_secrets(side: Side) -> None:
    side.stacks.failed(side.run, "Traceback\nValueError: password=hunter2\n")
    side.step()
    (entry,) = side.kept()
    assert not side.stacks
    assert entry["event"] == "traceback"
    assert entry["traceback"] == "Traceback\nValueError: password=***"


def test_the_record_of_a_run_that_has_never_written_is_read_once_it_may_hang(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = list[list[Run]]()

    def look(runs: list[Run], *, stacks: bool) -> None:
        assert stacks
        looks.append(runs)

    monkeypatch.setattr(side.sender.writer, "look", look)
    side.sender._runs[1], side.run.status_at = side.run, 0.0
    place = side.run.place = JobThread(began=side.clock.time)
    side.sender._look()
    side.clock.time = place.began + 5.1
    side.sender._look()
    side.sender._look()  # within the same second
    side.run.place = None
    side.clock.time += 10
    side.sender._look()
    assert looks == [[side.run]]
