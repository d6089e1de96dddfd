"""Workers that die under their jobs: every record ends all the same, and truthfully."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.conftest import running, worker
from tests.integration.killings import Victim
from tests.integration.looking import check
from tests.integration.matrix import DYING, Row
from tests.integration.world import World

pytestmark = pytest.mark.chaos

SHORT = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}
CONF = {
    "broker_transport_options": {
        # Else it looks only each 100 s for messages that come again.
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        # Else a worker that is killed while it looks keeps the others from it for 5 minutes.
        "unacked_mutex_expire": 2,
    }
}


@pytest.fixture(scope="module")
def dying(folder: Path, url: str) -> Iterator[tuple[World, dict[str, str]]]:
    """Brings all rows about at once, each with its own worker; the tasks by row."""
    survivor = worker("survivor", folder, url, concurrency=4, env=SHORT, conf=CONF)
    queues = ["_".join(row.case.replace(",", "").split()) for row in DYING]
    victims = [
        worker(
            queue,
            folder,
            url,
            pool="solo" if "solo" in row.how else "prefork",
            env=SHORT,
            conf=CONF,
            args=("-Q", queue),
        )
        for queue, row in zip(queues, DYING, strict=True)
    ]
    with (
        running(survivor, *victims),
        contextlib.closing(World(folder, broker=url, results=url, store=url, conf=CONF)) as world,
        ThreadPoolExecutor(len(DYING)) as pool,
    ):
        scenes = [
            Victim(world, victim, queue, survivor.nodename)
            for victim, queue in zip(victims, queues, strict=True)
        ]
        task_ids = list(pool.map(provoked, DYING, scenes))
        yield world, dict(zip((row.case for row in DYING), task_ids, strict=True))


def provoked(row: Row, victim: Victim) -> str:
    provocation = row.provoke(victim)
    task_id = next(provocation)
    if row.during is not None:
        check(victim.world, task_id, row.during)
    for _ in provocation:
        pass
    return task_id


@pytest.mark.parametrize("row", DYING, ids=lambda row: row.case)
def test_row(dying: tuple[World, dict[str, str]], row: Row) -> None:
    world, task_ids = dying
    check(world, task_ids[row.case], row.after)


def test_what_has_ended_stays_so(dying: tuple[World, dict[str, str]]) -> None:
    world, task_ids = dying
    for row in DYING:
        check(world, task_ids[row.case], row.after)
