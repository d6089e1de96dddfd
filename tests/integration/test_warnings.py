"""A worker's own pass says of a run that it has stalled or is late."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.integration.world import World
from tests.waiting import eventually


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    return {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "0.5"}


def warned(world: World, task_id: str, *kinds: str) -> dict[str, Any]:
    """The record once it has these warnings."""

    def found() -> dict[str, Any]:
        record = world.record(task_id)
        assert set(record.get("warnings", ())) >= set(kinds), record
        return record

    return eventually(found, what=f"{kinds} in the warnings")


def since(record: Mapping[str, Any], name: str) -> float:
    """Seconds of a run from its start to a time in its record."""
    began = datetime.fromisoformat(record["start_time"])
    return (datetime.fromisoformat(record["warnings"][name]) - began).total_seconds()


def test_a_job_that_stops_writing_has_stalled_until_its_next_value(world: World) -> None:
    task_id = world.send("stops", job="job_watched")
    world.begun(task_id)
    world.go(task_id)
    record = warned(world, task_id, "stalled")
    assert (record["status"], record["final"]) == ("running", False)
    assert (record["progress"]["current"], record["_"]["stall_s"]) == (2, 4)
    late = warned(world, task_id, "stalled", "late")
    assert since(late, "late") > 3  # of work: since the first value
    world.gate.mark(task_id, "more")
    again = eventually(lambda: (now := world.record(task_id))["progress"]["current"] == 3 and now)
    assert again["revision"] == late["revision"] + 1
    assert set(again["warnings"]) == {"late"}
    world.gate.mark(task_id, "enough")
    end = world.ended(task_id)
    assert (end["status"], end.get("warnings")) == ("completed", None)
