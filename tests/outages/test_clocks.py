"""Hosts whose clocks are wrong, and a store whose clock is set: no status, no order and no duration
depends on them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Task
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.clocks import ServerClock, wrong_clock
from tests.conftest import StartServer
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


HOUR_S = 3_600


@pytest.mark.parametrize("skew_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_an_end_that_only_celery_has_is_taken_whatever_the_workers_clock(
    start_fleet: StartFleet, skew_s: int
) -> None:
    """The job ends while the store hangs, and its worker dies before the store hears of it."""
    fleet = start_fleet(envs=[skewed(skew_s), ENV], apart=True, concurrency=1)
    theirs, judge = fleet.workers
    consume(fleet, judge, "cancel_consumer", "Canceling queue")
    began = datetime.now(UTC)
    task = fleet.send("silent", "speak")
    record = fleet.running(task)
    assert record["worker"]["name"] == theirs.nodename
    assert record["worker"]["clock_ahead_s"] == pytest.approx(skew_s, abs=2)
    fleet.store.pause()
    fleet.open("speak")
    assert fleet.finished(task)["status"] == "SUCCESS"
    ended = datetime.now(UTC)
    theirs.kill()
    fleet.store.resume()
    record = fleet.ended(task)
    assert (record["status"], record["results"]) == ("completed", {"result": "spoke"})
    assert times(record) == sorted(times(record))
    assert began - EXACT <= times(record)[0] <= times(record)[-1] <= ended + EXACT
    took_s = (ended - began).total_seconds()
    assert 0 <= record["processing_time_ms"] / 1000 <= took_s + EXACT.total_seconds()


@pytest.mark.parametrize("seconds", [-HOUR_S, HOUR_S], ids=["back", "forth"])
def test_a_store_whose_clock_is_set_hides_no_death_and_loses_nobody(
    start_fleet: StartFleet, tmp_path: Path, seconds: int
) -> None:
    clock = ServerClock(tmp_path)
    fleet = start_fleet(envs=[ENV, ENV], apart=True, concurrency=2, binary=clock.binary)
    dies, lives = fleet.workers
    consume(fleet, lives, "cancel_consumer", "Canceling queue")
    dead = fleet.send("silent", "never")
    assert fleet.running(dead)["worker"]["name"] == dies.nodename
    consume(fleet, dies, "cancel_consumer", "Canceling queue")
    consume(fleet, lives, "add_consumer", "Started consuming")
    quiet, counts = fleet.send("silent", "speak"), fleet.send("gated", "enough")
    fleet.running(quiet)
    figure = fleet.running(counts)["progress"]["current"]

    clock.set(seconds)
    dies.kill()
    died = datetime.now(UTC)
    lost = fleet.ended(dead)
    assert (lost["status"], lost["error_cause"]) == ("error", "lost")
    assert datetime.now(UTC) - died < timedelta(seconds=10 * LEASE_S)
    assert times(lost) == sorted(times(lost))
    fleet.running(counts, above=figure)
    assert fleet.record(quiet)["status"] == "running", "it is only silent"

    fleet.open("enough")
    fleet.open("speak")
    record = fleet.ended(counts)
    assert (record["status"], record["attempt"]) == ("completed", 1)
    assert times(record) == sorted(times(record))
    assert fleet.ended(quiet)["status"] == "completed"


def test_a_store_whose_clock_is_set_back_freezes_no_duration(
    start_server: StartServer, tmp_path: Path
) -> None:
    """Each word comes from a process that has just measured the clock."""
    clock = ServerClock(tmp_path)
    settings = Settings(redis_url=start_server(binary=clock.binary).url)

    def say(event: ev.Event) -> Task:
        with Store(settings) as store:
            store.ready()
            return store.run(store.flows.apply("job", (event,), store.now())).task

    say(ev.Started(identity=ev.Identity(task_type="fetch_data")))
    clock.set(-HOUR_S)
    began, done = time.monotonic(), 0
    say(ev.Progressed(current=done))

    def right(task: Task, before: float) -> None:
        """Its time is one of those between two moments."""
        assert task.processing_time_ms is not None
        passed = time.monotonic() - began
        assert before - 1 < task.processing_time_ms / 1_000 < passed + 1

    while (passed := time.monotonic() - began) < 3:
        pass_time(0.1)
        done += 1
        right(say(ev.Progressed(current=done)), passed)
    task = say(ev.Completed())
    right(task, passed)
    assert task.clock_back_s == pytest.approx(HOUR_S, abs=5)
