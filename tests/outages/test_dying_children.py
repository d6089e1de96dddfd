"""A worker that loses one child after the other, and forks new ones while threads of the library
ask the result backend: no child has a lock that is never released, whatever the backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Children that die, each beside a job that has to come to its end.
DEATHS = 16

BACKENDS: dict[str, dict[str, Any]] = {
    "redis": {},
    # Many processes write into one file of SQLite.
    "db+sqlite:///{folder}/results.db": {
        "database_engine_options": {"connect_args": {"timeout": 30}}
    },
    "file://{folder}": {},
    "rpc://": {},
    "cache+memory://": {},
}


IN_EACH_RUN = "redis"


def each() -> list[Any]:
    long = (pytest.mark.chaos, pytest.mark.long)
    return [pytest.param(b, marks=() if b == IN_EACH_RUN else long) for b in BACKENDS]


@pytest.mark.parametrize("backend", each())
def test_no_child_hangs(start_fleet: StartFleet, tmp_path: Path, backend: str) -> None:
    url = backend.format(folder=tmp_path)
    env = {
        **({} if backend == IN_EACH_RUN else {"CELERY_RESULT_BACKEND": url}),
        "PROGRESS_LEASE_S": "30",  # nothing here is found lost
        "PROGRESS_UPDATE_INTERVAL_S": "0",
    }
    conf = {**BACKENDS[backend], "worker_prefetch_multiplier": 4}
    fleet = start_fleet(env=env, conf=conf, concurrency=3)
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
