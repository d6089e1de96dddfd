"""A worker that loses one child after the other, and forks new ones while threads of the library
ask the result backend: no child has a lock that is never released."""

from __future__ import annotations

import pytest

from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Children that die, each beside a job that has to come to its end.
DEATHS = 16


def test_no_child_hangs(start_fleet: StartFleet) -> None:
    env = {
        "PROGRESS_LEASE_S": "30",  # nothing here is found lost
        "PROGRESS_UPDATE_INTERVAL_S": "0",
    }
    fleet = start_fleet(env=env, conf={"worker_prefetch_multiplier": 4}, concurrency=3)
    dying, good = [], []
    for _ in range(DEATHS):
        dying.append(fleet.send("dies"))
        good += [fleet.send("quick", 2), fleet.send("quick", 2)]
    for task_id in dying:
        assert fleet.ended(task_id, 2 * TIMEOUT_S)["error_cause"] == "worker_lost"
    for task_id in good:
        assert fleet.ended(task_id, 2 * TIMEOUT_S)["status"] == "completed"
    last = [fleet.send("quick", 2) for _ in range(6)]
    for task_id in last:
        assert fleet.ended(task_id)["status"] == "completed"
