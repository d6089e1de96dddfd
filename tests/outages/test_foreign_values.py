"""Somebody else's values under the keys of the schema, while a real worker runs jobs: each job
comes to its end in Celery, and each record that can be written is true."""

from __future__ import annotations

from typing import Any

import pytest

from progress_backend.flows.keys import Keys
from tests.behaviour import foreign
from tests.outages.conftest import StartFleet
from tests.outages.fleet import Fleet

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ENV = {
    "PROGRESS_UPDATE_INTERVAL_S": "0",
    # Passes that find what is lost come to each key, too.
    "PROGRESS_LEASE_S": "3",
    "PROGRESS_REAP_INTERVAL_S": "0.3",
}
SOME = (b"some", b"\xff\xfe", b'{"task_id":', b"[1,2]", b"")
TYPES = tuple(foreign.TYPES)
KEYS = tuple(foreign.keys_of(Keys(), "odd", "lease"))


def put(fleet: Fleet, key: str, kind: str, turn: int) -> Any:
    raw = fleet.redis(fleet.store)
    with raw.pipeline(transaction=True) as both:  # between the two a job may write
        foreign.put_type(both, key, kind, SOME[turn % len(SOME)])
        both.execute()
    return raw


def succeeds(fleet: Fleet, job: str) -> None:
    assert fleet.finished(job)["status"] == "SUCCESS"


def test_a_job_and_its_record_beside_each_of_them(start_fleet: StartFleet) -> None:
    fleet = start_fleet(env=ENV, concurrency=2)
    fleet.open("go")
    first = fleet.send("quick", 2)
    lease = fleet.ended(first)["worker"]["lease"]
    for turn, what in enumerate(KEYS):
        # Each key with two types, each type with several keys.
        for kind in (TYPES[turn % len(TYPES)], TYPES[(turn + 3) % len(TYPES)]):
            key = foreign.keys_of(Keys(), "odd", lease)[what].replace("fetch_data", "quick")
            raw = put(fleet, key, kind, turn)
            job = fleet.send("quick", 2)
            succeeds(fleet, job)
            record = fleet.ended(job)
            assert (record["status"], record["results"]) == ("completed", {"result": 2}), what
            raw.delete(key)
    assert "Traceback" not in fleet.workers[0].log
    assert fleet.workers[0].alive


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_job_whose_own_record_it_is(start_fleet: StartFleet, when: str) -> None:
    fleet = start_fleet(env=ENV, concurrency=2)
    for turn, kind in enumerate(TYPES):
        odd, gate = f"odd-{turn}", f"gate-{turn}"
        if when == "before":
            raw = put(fleet, f"task:{odd}", kind, turn)
            fleet.send("gated", gate, task_id=odd)
        else:
            fleet.send("gated", gate, task_id=odd)
            fleet.running(odd)
            raw = put(fleet, f"task:{odd}", kind, turn)
        other = fleet.send("gated", gate)
        fleet.running(other)
        fleet.open(gate)
        for job in (odd, other):
            succeeds(fleet, job)
        assert fleet.ended(other)["status"] == "completed"
        assert raw.exists(f"task:{odd}"), "it stays until it is due"
    assert "Traceback" not in fleet.workers[0].log
    assert fleet.workers[0].alive
