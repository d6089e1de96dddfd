"""The store goes away in the middle of running jobs: they end as they should, and so do their
records once it is back."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.outages.conftest import fleet
from tests.outages.fleet import Fleet, pass_time, waited_for_nothing
from tests.waiting import eventually


def paused(fleet: Fleet) -> Callable[[], object]:
    fleet.store.pause()
    return fleet.store.resume


def killed_and_emptied(fleet: Fleet) -> Callable[[], object]:
    fleet.store.kill()
    return lambda: fleet.empty_and_start(fleet.store)


def killed(fleet: Fleet) -> Callable[[], object]:
    """Its append-only file brings back what it had, but for the last second."""
    fleet.store.kill()
    return fleet.store.start


@pytest.fixture(scope="module", params=[False, True], ids=["one_redis", "store_apart"])
def started(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """One system for all outages: each finds it as the outage before has left it."""
    with fleet(tmp_path_factory.mktemp("fleet"), apart=request.param) as started:
        yield started


@pytest.mark.parametrize("outage", [paused, killed_and_emptied, killed])
def test_jobs_and_records_end_right(
    started: Fleet, outage: Callable[[Fleet], Callable[[], object]]
) -> None:
    fleet, apart = started, started.store is not started.results
    log_before = len(fleet.workers[0].log)
    gates = [f"{when}-{outage.__name__}" for when in ("during", "after")]
    during = fleet.send("gated", gates[0])
    after = fleet.send("gated", gates[1], "raise")
    before = {task: fleet.running(task, above=5) for task in (during, after)}

    come_back = outage(fleet)
    fleet.open(gates[0])
    if apart:
        fleet.workers[0].wait_for_log(rf"{during}\] succeeded")  # without a store
    # Of the outages after it, within a minute, no process says anything.
    eventually(lambda: "jobs continue" in fleet.workers[0].log)
    pass_time(1)
    ended_by = datetime.now(UTC)
    come_back()

    going_on = fleet.running(after, above=before[after]["progress"]["current"])
    assert going_on["revision"] > before[after]["revision"]
    assert going_on["start_time"] == before[after]["start_time"]
    record = fleet.ended(during)
    count = fleet.finished(during)["result"]["count"]
    assert record["status"] == "completed"
    assert record["results"]["count"] == count
    assert record["revision"] > before[during]["revision"]
    if apart:
        assert datetime.fromisoformat(record["end_time"]) <= ended_by
    waited_for_nothing(fleet.finished(during)["result"])

    fleet.open(gates[1])
    record, result = fleet.ended(after), fleet.finished(after)
    assert (result["status"], record["status"]) == ("FAILURE", "error")
    assert record["error_message"] == f"ValueError: no more after {gates[1]}"
    assert record["attempt"] == fleet.record(during)["attempt"] == 1

    for status, task, symbol in (("completed", during, gates[0]), ("error", after, gates[1])):
        found = fleet.listed(status=status, task_type="gated", symbol=symbol)
        assert [row["task_id"] for row in found["tasks"]] == [task]
        assert fleet.listed(symbol=symbol)["pagination"]["total"] == 1
    everything = fleet.listed()
    assert sum(everything["summary"].values()) == everything["pagination"]["total"]
    assert everything["summary"]["running"] == everything["summary"]["created"] == 0
    log = fleet.workers[0].log[log_before:]
    processes = re.findall(r"(ForkPoolWorker-\d+|MainProcess)\].*jobs continue", log)
    assert len(processes) == len(set(processes)), "logged once a process"
    assert "the sender of progress failed" not in log
