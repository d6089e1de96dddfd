"""A store that was away says nothing about the workers: no silent job is taken for a lost one."""

from __future__ import annotations

import time

import pytest

from tests.outages.conftest import StartFleet
from tests.outages.fleet import Fleet, pass_time

# That a store was away for longer than a lease: tests/integration/test_store_away.py.
pytestmark = [pytest.mark.integration, pytest.mark.long]

LEASE_S = 2.0
ENV = {"PROGRESS_LEASE_S": str(LEASE_S), "PROGRESS_REAP_INTERVAL_S": "0.5"}


def nobody_is_reaped(fleet: Fleet, tasks: list[str]) -> None:
    """For more than a lease: that long is what a store is given from its return on."""
    until = time.monotonic() + 1.2 * LEASE_S
    while time.monotonic() < until:
        assert {fleet.record(task)["status"] for task in tasks} == {"running"}
        time.sleep(0.02)


def test_silent_jobs_are_not_lost_but_dead_ones_are(start_fleet: StartFleet) -> None:
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

    # Patience has an end: the lease of a worker that died meanwhile is renewed by nobody.
    lost, kept = silent
    name = fleet.record(lost)["worker"]["name"]
    fleet.store.pause()
    next(worker for worker in fleet.workers if worker.nodename == name).kill()
    fleet.store.resume()
    record = fleet.ended(lost)
    assert (record["status"], record["error_cause"]) == ("error", "lost")
    assert name in record["error_message"]

    fleet.open("speak")
    record = fleet.ended(kept)
    assert (record["status"], record["attempt"]) == ("completed", 1)
    assert record["results"] == {"result": "spoke"}
