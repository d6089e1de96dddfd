"""Who may be asked for a stack, and what a timeline has of the answer; on every kind of store."""

import json
from copy import copy
from datetime import datetime, timedelta

import pytest

from progress_backend.errors import TaskNotFound, TooSoon, TransitionRefused
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases, stacks
from progress_backend.record import events as ev
from progress_backend.record.document import written
from progress_backend.record.model import rendered
from progress_backend.stacks import asking
from tests.behaviour.conftest import driver
from tests.behaviour.driving import Driver

__all__ = ["driver"]


def ask(
    driver: Driver, task_id: str, now: datetime | None = None, caller: str = "", *, on: bool = True
) -> str:
    settings = copy(driver.settings)  # in partitions no settings can be made on one node
    object.__setattr__(settings, "stacks", on)
    body = driver.run(asking.request(task_id, settings, now or driver.now(), caller))
    assert body.task_id == task_id
    return body.requested_at


def happened(driver: Driver, task_id: str, now: datetime) -> list[dict[str, object]]:
    body = json.loads(driver.run(asking.timeline_with(task_id, now)))
    return [entry for entry in body["entries"] if entry["event"] in ("stack", "traceback")]


@pytest.fixture
def runs(driver: Driver) -> Driver:
    """A task that a live worker runs."""
    driver.execute(leases.renew("lease-1", milliseconds(driver.now()) + 600_000))
    driver.start("runs", "lease-1")
    return driver


def test_only_a_task_that_a_living_worker_runs_is_asked(runs: Driver) -> None:
    runs.create("waits")
    runs.start("outside")
    runs.start("ended", "lease-1")
    runs.apply("ended", ev.Completed())
    runs.start("dead", "lease-2")
    for task_id, why in (
        ("waits", "it waits"),
        ("outside", "no worker runs it"),
        ("ended", "it has ended"),
        ("dead", "its worker does not answer"),
    ):
        with pytest.raises(TransitionRefused, match=why):
            ask(runs, task_id)
    with pytest.raises(TransitionRefused, match="PROGRESS_STACKS"):
        ask(runs, "runs", on=False)
    with pytest.raises(TaskNotFound):
        ask(runs, "nobody")
    runs.apply("runs", ev.Cancelled(by="api"))  # not carried out yet
    assert ask(runs, "runs")


def test_a_task_is_asked_once_in_ten_seconds_and_all_twenty_times_a_minute(runs: Driver) -> None:
    now = runs.now()
    ask(runs, "runs", now)
    with pytest.raises(TooSoon) as too_soon:
        ask(runs, "runs", now + timedelta(seconds=4))
    assert (too_soon.value.status_code, too_soon.value.retry_after_s) == (429, 6)
    ask(runs, "runs", now + timedelta(seconds=10))
    for number in range(stacks.MOST_LATELY - 2):
        assert not runs.execute(stacks.ask(f"{number}", "", milliseconds(now) + 20_000))
    with pytest.raises(TooSoon, match="all tasks") as too_soon:
        ask(runs, "runs", now + timedelta(seconds=30))
    assert too_soon.value.retry_after_s == 30
    assert ask(runs, "runs", now + timedelta(seconds=61))


def test_a_request_between_another_ones_read_and_write_is_counted(runs: Driver) -> None:
    now, others = runs.now(), list[str]()
    flow = asking.request("runs", runs.settings, now)
    with pytest.raises(TooSoon):
        runs.drive(flow, lambda _: others or others.append(ask(runs, "runs", now)), "ask_stack")
    assert others


def test_callers_with_a_part_of_the_tasks_divide_a_limit_of_their_own(runs: Driver) -> None:
    now_ms, most = milliseconds(runs.now()), stacks.MOST_LATELY

    def accepted(caller: str, at_ms: int) -> int:
        calls = [stacks.ask(f"{caller}{n} {at_ms}", caller, at_ms) for n in range(most + 1)]
        return [runs.execute(one) for one in calls].count(None)

    callers = ["greedy", "b", "c", "d", "e"]
    shares = [accepted(caller, now_ms) for caller in callers]
    assert shares[0] == most // 2
    assert all(shares[:3])
    assert sum(shares) <= most
    assert accepted("", now_ms) == most
    # Who asks all the time gets no more than the others once all of them ask.
    then = now_ms + stacks.LATELY_MS + 1
    first = [runs.execute(stacks.ask(f"{caller} first", caller, then)) for caller in callers]
    assert first == [None] * 5
    assert {accepted(caller, then) + 1 for caller in callers} == {most // 6}


def test_a_request_that_is_not_answered_says_so_until_it_is(runs: Driver) -> None:
    now = runs.now()
    asked, later = ask(runs, "runs", now), now + timedelta(seconds=10.1)
    assert happened(runs, "runs", now + timedelta(seconds=9)) == []
    (entry,) = happened(runs, "runs", later)
    assert entry == {"time": asked, "event": "stack", "attempt": 1, "cause": "no_answer"}
    answer = {"time": rendered(now + timedelta(seconds=20)), "event": "stack", "cause": "request"}
    runs.execute(stacks.keep("runs", written(answer)))
    (entry,) = happened(runs, "runs", now + timedelta(seconds=30))
    assert entry["cause"] == "request"
    runs.apply("runs", ev.Completed())
    assert len(happened(runs, "runs", later)) == 1


def test_the_newest_three_are_kept_and_go_with_the_record(runs: Driver) -> None:
    for number in range(4):
        entry = {"time": rendered(runs.now()), "event": "stack", "cause": f"{number}"}
        runs.execute(stacks.keep("runs", written(entry)))
    assert [each["cause"] for each in happened(runs, "runs", runs.now())] == ["1", "2", "3"]
    key = runs.names("runs").stacks("runs")
    assert runs.raw.pttl(key) > 86_400_000
    runs.lose("runs")
    assert "runs" not in runs.ids()
    assert not runs.raw.exists(key)
