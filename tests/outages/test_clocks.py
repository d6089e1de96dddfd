"""Hosts whose clocks are five minutes wrong: no status and no order depends on them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clocks import wrong_clock
from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet, pass_time
from tests.servers import ROOT, Worker
from tests.waiting import eventually

pytestmark = pytest.mark.integration

SKEW_S = 300
LEASE_S = 2.0
ENV = {
    "PROGRESS_LEASE_S": str(LEASE_S),
    "PROGRESS_REAP_INTERVAL_S": "0.5",
    "PROGRESS_UPDATE_INTERVAL_S": "0.05",
}
#: How exactly a clock is measured, on a busy machine.
EXACT = timedelta(seconds=2)


def skewed(seconds: int) -> dict[str, str]:
    """The environment of a process whose wall clock is that wrong."""
    return {**ENV, **wrong_clock(seconds)}


def publish(fleet: Fleet, seconds: int, job: str, *args: str) -> str:
    """From a process with such a clock; the task's id."""
    code = (
        "import sys; from tests.outages.app import build;"
        "broker, store, job, *args = sys.argv[1:];"
        "app = build(broker, None, redis_url=store);"
        "print(app.tasks[job].apply_async(args).id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, fleet.broker.url, fleet.store.url, job, *args],
        cwd=ROOT,
        env={**os.environ, **skewed(seconds)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def clock_of(worker: Worker) -> datetime:
    """The time of the first line of its log that has one."""
    return datetime.fromisoformat(worker.wait_for_log(r"\[(\d{4}-\S+ \S+),\d+: ").group(1))


def consume(fleet: Fleet, worker: Worker, command: str, logged: str) -> None:
    """Has the worker begin or end to take from the queue; told by its log, since it does not heed
    what asks for a reply: by its clock, that came too late. Asked again until it is there: who is
    ready does not listen yet, and nobody keeps what is broadcast."""
    queue = fleet.app.conf.task_default_queue

    def heard() -> object:
        getattr(fleet.app.control, command)(queue, destination=[worker.nodename])
        return worker.wait_for_log(f"{logged}.* {queue}", 2.0)

    eventually(heard, TIMEOUT_S)


def times(record: dict[str, Any]) -> list[datetime]:
    names = ("created_at", "start_time", "updated_at", "end_time")
    return [datetime.fromisoformat(record[name]) for name in names if record[name]]


def test_skewed_hosts_change_no_status_and_no_order(start_fleet: StartFleet) -> None:
    """One worker is early, one late, and so are those who publish; each could reap the other."""
    fleet = start_fleet(envs=[skewed(SKEW_S), skewed(-SKEW_S)], concurrency=4)
    early, late = (clock_of(worker) for worker in fleet.workers)
    assert early - late > timedelta(seconds=SKEW_S), "the skew is real"
    began = datetime.now(UTC)
    silent = []
    for one, other in (fleet.workers, fleet.workers[::-1]):
        # One that is at work would reserve what the other one is to run.
        consume(fleet, other, "cancel_consumer", "Canceling queue")
        if silent:
            consume(fleet, one, "add_consumer", "Started consuming")
        tasks = [fleet.send("silent", "speak") for _ in range(2)]
        assert {fleet.running(task)["worker"]["name"] for task in tasks} == {one.nodename}
        silent += tasks
    consume(fleet, fleet.workers[0], "add_consumer", "Started consuming")
    published = [
        publish(fleet, skew, "gated", f"g{number}")
        for number, skew in enumerate((SKEW_S, -SKEW_S, 0))
    ]
    listed = [row["task_id"] for row in fleet.listed()["tasks"]]
    assert listed[:3] == published[::-1], "newest first"

    pass_time(2 * LEASE_S)
    assert {fleet.record(task)["status"] for task in silent} == {"running"}
    fleet.open("speak")
    for number in range(3):
        fleet.open(f"g{number}")
    for task in (*silent, *published):
        record = fleet.ended(task)
        assert (record["status"], record["attempt"]) == ("completed", 1)
        assert times(record) == sorted(times(record))
        assert began - EXACT <= times(record)[0] <= times(record)[-1]
        assert times(record)[-1] <= datetime.now(UTC) + EXACT

    # Both workers look for a dead one's jobs by Redis's clock.
    hanging = [fleet.send("silent", "never") for _ in range(2)]
    for task in hanging:
        fleet.running(task)
    owner = fleet.record(hanging[0])["worker"]["name"]
    next(worker for worker in fleet.workers if worker.nodename == owner).kill()
    died = datetime.now(UTC)
    eventually(lambda: fleet.record(hanging[0])["status"] == "error", TIMEOUT_S)
    ended = datetime.fromisoformat(fleet.record(hanging[0])["end_time"])
    assert died - EXACT <= ended <= datetime.now(UTC) + EXACT
