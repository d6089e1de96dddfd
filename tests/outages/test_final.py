"""Deaths of real workers and their children: until when the record says that the message may come
again, and what becomes of it when it does."""

import json
import os
import re
import signal
from datetime import datetime
from typing import Any

import pytest

from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet
from tests.servers import Worker
from tests.waiting import eventually

pytestmark = pytest.mark.chaos

LEASE_S, VISIBILITY_S = 1.0, 120.0
ENV = {"PROGRESS_LEASE_S": str(LEASE_S), "PROGRESS_REAP_INTERVAL_S": "0.3", "PROGRESS_LOCALE": "en"}


def conf(**options: Any) -> dict[str, str]:
    transport = {"visibility_timeout": VISIBILITY_S, "socket_connect_timeout": 1}
    given = {"broker_transport_options": transport, **options}
    return {**ENV, "OUTAGES_CONF": json.dumps(given)}


def open_for(record: dict[str, Any]) -> float:
    """Seconds after its end in which the end may be taken back."""
    assert record["final"] is False
    until, end = (datetime.fromisoformat(record[n]) for n in ("may_come_again_until", "end_time"))
    assert re.search(f"may run again until .*{until:%H:%M}", record["current_status"])
    return (until - end).total_seconds()


def running_on(fleet: Fleet, worker: Worker) -> str:
    task = fleet.send("silent", "speak")
    assert fleet.running(task)["worker"] == worker.nodename
    return task


def lost(fleet: Fleet, task: str, cause: str) -> dict[str, Any]:
    def recorded() -> dict[str, Any]:
        record = fleet.record(task)
        assert record.get("error_cause") == cause, record
        return record

    return eventually(recorded, TIMEOUT_S)


@pytest.mark.parametrize(
    ("late", "seconds"), [(True, VISIBILITY_S + LEASE_S), (False, LEASE_S)], ids=["late", "early"]
)
def test_a_dead_worker(start_fleet: StartFleet, late: bool, seconds: float) -> None:
    """Its judge started later: the run's start has recorded what its broker does."""
    fleet = start_fleet(envs=[conf(task_acks_late=late)], concurrency=1)
    task = running_on(fleet, fleet.workers[0])
    fleet.workers[0].kill()
    fleet.workers[0].start()  # another boot, with a lease of its own
    record = lost(fleet, task, "lost")
    assert open_for(record) == pytest.approx(seconds, abs=0.01)
    fleet.open("speak")
    if late:  # its message comes again, and takes the end back
        # kombu looks for such messages as it begins, and then each hundred seconds.
        fleet.workers[0].stop()
        with fleet.redis(fleet.broker) as broker:
            held = broker.zrange("unacked_index", 0, -1)
            broker.zadd("unacked_index", dict.fromkeys(held, 1.0))  # as if its time had passed
        fleet.workers[0].start()
        record = eventually(lambda: ended_well(fleet, task), TIMEOUT_S)
        assert (record["attempt"], record["final"]) == (2, True)
        assert "may_come_again_until" not in record


@pytest.mark.parametrize("how", [{}, {"task_acks_on_failure_or_timeout": False}])
def test_a_dead_child(start_fleet: StartFleet, how: dict[str, bool]) -> None:
    """Celery acknowledges or rejects its message, and Redis has it no more: no message can come."""
    fleet = start_fleet(envs=[conf(task_acks_late=True, **how)], concurrency=1)
    task = running_on(fleet, fleet.workers[0])
    (child,) = fleet.workers[0].children()
    os.kill(child.pid, signal.SIGKILL)
    assert lost(fleet, task, "worker_lost")["final"] is True
    with fleet.redis(fleet.broker) as broker:
        eventually(lambda: not broker.hgetall("unacked"), TIMEOUT_S)


def test_a_time_limit_that_puts_the_message_back(start_fleet: StartFleet) -> None:
    given = conf(task_acks_late=True, task_acks_on_failure_or_timeout=False, task_time_limit=3)
    fleet = start_fleet(envs=[given], concurrency=1)
    task = fleet.send("silent", "speak")
    record = lost(fleet, task, "time_limit")
    assert open_for(record) == pytest.approx(LEASE_S, abs=0.01)
    fleet.open("speak")
    assert eventually(lambda: ended_well(fleet, task), TIMEOUT_S)["final"] is True


def ended_well(fleet: Fleet, task: str) -> dict[str, Any]:
    record = fleet.record(task)
    assert record["status"] == "completed", record
    return record
