"""A worker's own pass says of a run that it has stalled or is late, whatever the worker's clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from progress_backend.record.events import Paused
from progress_backend.tracking.tracker import tracker_of
from tests.clocks import wrong_clock
from tests.integration.conftest import running, worker
from tests.integration.world import World
from tests.servers import Server
from tests.waiting import eventually

pytestmark = pytest.mark.integration

#: Longer than a job may be silent.
AWAY_S = 3.0
LATE = frozenset({"late"})
ENV = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "0.5"}


@pytest.fixture(
    scope="module", params=["right", pytest.param("an hour ahead", marks=pytest.mark.long)]
)
def world(request: pytest.FixtureRequest, folder: Path, url: str, store: Server) -> Iterator[World]:
    clock = wrong_clock(3_600) if request.param == "an hour ahead" else {}
    env = {**ENV, **clock, "PROGRESS_REDIS_URL": store.url}
    with running(worker("watched", folder, url, concurrency=3, env=env)):
        with contextlib.closing(World(folder, broker=url, results=url, store=store.url)) as world:
            yield world


def remarked(
    world: World, task_id: str, *kinds: str, besides: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The record once it has just these remarks, whatever those `besides`."""

    def found() -> dict[str, Any]:
        record = world.record(task_id)
        assert set(record.get("remarks", ())) - besides == set(kinds), record
        return record

    return eventually(found, 30, what=f"{kinds} in the remarks")


def since(record: Mapping[str, Any], name: str) -> float:
    """Seconds of a run from its start to a time in its record."""
    began = datetime.fromisoformat(record["attempt_started_at"])
    return (datetime.fromisoformat(record["remarks"][name]) - began).total_seconds()


def test_a_job_that_stops_writing_has_stalled_until_its_next_value(world: World) -> None:
    task_id = world.send("stops", job="job_watched")
    world.begun(task_id)
    world.go(task_id)
    record = remarked(world, task_id, "stalled")
    assert (record["status"], record["final"]) == ("running", False)
    assert record["remarks"]["stalled"] == record["updated_at"]
    assert (record["progress"]["current"], record["stall_s"]) == (2, 2)
    late = remarked(world, task_id, "stalled", "late")
    assert since(late, "late") == pytest.approx(12, abs=1.5)  # of work: since the first value
    world.gate.mark(task_id, "more")
    again = remarked(world, task_id, "late")
    assert again["progress"]["current"] == 3
    assert again["revision"] == late["revision"] + 1
    world.gate.mark(task_id, "enough")
    end = world.ended(task_id)
    assert (end["status"], end.get("remarks")) == ("completed", None)


def test_a_paused_job_has_not_nor_has_one_whose_store_was_away(world: World, store: Server) -> None:
    paused, quiet, writes = (
        world.send(outcome, job="job_watched") for outcome in ("stops", "stops", "updates")
    )
    for task_id in (paused, quiet, writes):
        world.begun(task_id)
    process = tracker_of(world.app).process
    pause = process.store.flows.apply(paused, (Paused(by="api"),), process.store.now())
    process.store.run(pause)
    for task_id in (quiet, writes):
        world.go(task_id)
    remarked(world, quiet, "stalled")
    store.pause()
    time.sleep(AWAY_S)
    store.resume()
    world.gate.mark(quiet, "more")
    remarked(world, quiet, besides=LATE)
    remarked(world, quiet, "stalled", besides=LATE)  # so there was a pass since the store is back
    for task_id in (paused, writes):
        assert "stalled" not in world.record(task_id).get("remarks", ())
    for what in ("go", "more", "enough"):
        for task_id in (paused, quiet, writes):
            world.gate.mark(task_id, what)
    assert world.ended(writes)["status"] == world.ended(quiet)["status"] == "completed"
