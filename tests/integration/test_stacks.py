"""The line in which a job is, of a worker of each pool; and the traceback of a job that failed."""

import json
from typing import Any

import pytest

from progress_backend.settings import Settings
from progress_backend.stacks import asking
from progress_backend.store.drivers import Store
from tests.integration.matrix import POOLS
from tests.integration.world import World
from tests.waiting import eventually


def entries(store: Store, task_id: str, event: str) -> list[dict[str, Any]]:
    flow = asking.timeline_with(task_id, store.measured_now())
    return [each for each in json.loads(store.run(flow))["entries"] if each["event"] == event]


def taken(store: Store, task_id: str) -> list[dict[str, Any]]:
    """Its stacks; on a machine that is slow there may be a line before that none has come yet."""
    return [entry for entry in entries(store, task_id, "stack") if "frames" in entry]


@pytest.mark.parametrize("pool", POOLS, indirect=True, scope="module")
def test_a_job_that_hangs_says_where_and_one_that_failed_why(world: World, url: str) -> None:
    hangs, fails = world.send(), None
    world.begun(hangs)
    world.until(hangs, status="running")
    with Store(Settings(redis_url=url)) as store:
        store.ready()
        store.run(asking.request(hangs, store.settings, store.now()))
        (entry,) = eventually(lambda: taken(store, hangs))
        assert (entry["cause"], entry["attempt"]) == ("request", 1)
        own = [frame["function"] for frame in entry["frames"] if "folded" not in frame]
        assert own[-2:] == ["Gate.wait", "job.<locals>.run"]
        assert "tests/integration/gate.py" in entry["text"]
        world.go(hangs)
        fails = world.send("raises")
        world.begun(fails)
        world.go(fails)
        (entry,) = eventually(lambda: entries(store, fails, "traceback"))
        assert entry["traceback"].splitlines()[0] == "Traceback (most recent call last):"
        assert "tests/integration/jobs.py" in entry["traceback"]
        retried = world.send("breaks_once", job="job_autoretry")
        world.begun(retried)
        world.go(retried)
        (entry,) = eventually(lambda: entries(store, retried, "traceback"))
        assert entry["attempt"] == 1
        assert entry["traceback"].splitlines()[-1] == "ConnectionError: no route"
