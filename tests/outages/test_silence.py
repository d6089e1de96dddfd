"""A store that was away says nothing about the workers: no silent job is taken for a lost one."""

from __future__ import annotations

import time

import pytest

from tests.outages.conftest import StartFleet
from tests.outages.fleet import Fleet, pass_time

pytestmark = pytest.mark.integration

LEASE_S = 2.0
ENV = {"PROGRESS_LEASE_S": str(LEASE_S), "PROGRESS_REAP_INTERVAL_S": "0.5"}


def nobody_is_reaped(fleet: Fleet, tasks: list[str]) -> None:
    """For one and a half leases: a lease from its return on is what a store is given."""
    until = time.monotonic() + 1.5 * LEASE_S
    while time.monotonic() < until:
        assert {fleet.record(task)["status"] for task in tasks} == {"running"}
        time.sleep(0.02)


def test_silent_jobs_are_not_lost(start_fleet: StartFleet) -> None:
    """Two workers, so that each could take the other for dead."""
    fleet = start_fleet(apart=True, env=ENV, workers=2, concurrency=1)
    silent = [fleet.send("silent", "speak") for _ in range(2)]
    leases = [fleet.running(task)["worker"]["lease"] for task in silent]
    assert len(set(leases)) == 2

    fleet.store.pause()
    pass_time(3 * LEASE_S)
    fleet.store.resume()
    nobody_is_reaped(fleet, silent)

    fleet.store.kill()
    pass_time(LEASE_S)
    fleet.store.start()
    nobody_is_reaped(fleet, silent)

    # Gone and back within a moment, unseen, and with leases as an old backup has them.
    fleet.store.kill()
    fleet.store.start()
    client = fleet.redis(fleet.store)
    assert client.zadd("progress_leases", dict.fromkeys(leases, 1)) == 0
    nobody_is_reaped(fleet, silent)

    fleet.open("speak")
    for task in silent:
        record = fleet.ended(task)
        assert (record["status"], record["attempt"]) == ("completed", 1)
        assert record["results"] == {"result": "spoke"}
    assert "lost" not in "".join(worker.log for worker in fleet.workers)


def test_a_worker_that_dies_while_the_store_is_away_is_found(start_fleet: StartFleet) -> None:
    """Patience has an end: its lease is not renewed by anybody else."""
    fleet = start_fleet(apart=True, env=ENV, workers=2, concurrency=1)
    lost, kept = [fleet.send("silent", "speak") for _ in range(2)]
    names = {task: fleet.running(task)["worker"]["name"] for task in (lost, kept)}
    dying = next(worker for worker in fleet.workers if worker.nodename == names[lost])
    fleet.store.pause()
    dying.kill()
    fleet.store.resume()
    record = fleet.ended(lost)
    assert (record["status"], record["error_cause"]) == ("error", "lost")
    assert names[lost] in record["error_message"]
    assert fleet.record(kept)["status"] == "running"
