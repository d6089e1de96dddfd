"""Every row of a living worker, on prefork and where it ends otherwise: the right status, reached,
and kept."""

import pytest

from tests.integration.control import Control
from tests.integration.looking import check, published
from tests.integration.matrix import LIVE, POOLS, Row
from tests.integration.test_control import revoked, started
from tests.integration.world import World

#: What each row came to: looked at again when all are through.
settled: dict[tuple[str, str], str] = {}


@pytest.fixture(scope="module")
def pool(request: pytest.FixtureRequest) -> str:
    pool: str = request.param
    return pool


@pytest.mark.parametrize(
    ("pool", "row"),
    [
        pytest.param(
            pool,
            row,
            id=f"{pool}-{row.case}",
            marks=() if pool == "prefork" or pool in row.elsewhere else pytest.mark.long,
        )
        for pool in POOLS
        for row in LIVE
        if row.on(pool) is not None
    ],
    indirect=["pool"],
    scope="module",
)
def test_row(world: World, pool: str, row: Row) -> None:
    provoked = row.provoke(world)
    with published(world) as check_meanwhile:
        task_id = next(provoked)
        if row.during is not None:
            check_meanwhile(task_id, row.during)
    for _ in provoked:
        pass
    check_end(world, task_id, row)
    settled[pool, row.case] = task_id


@pytest.mark.parametrize("pool", POOLS[1:], indirect=True, scope="module")
def test_a_cancel_ends_a_run_of_each_pool(world: World, pool: str, url: str) -> None:
    task_id = started(world, "updating")
    Control(url).cancel(task_id)
    revoked(world, task_id)


@pytest.mark.parametrize("pool", POOLS, indirect=True, scope="module")
def test_what_has_ended_stays_so(world: World, pool: str) -> None:
    rows = [row for row in LIVE if (pool, row.case) in settled]
    assert rows
    for row in rows:
        check_end(world, settled[pool, row.case], row)


def check_end(world: World, task_id: str, row: Row) -> None:
    after = row.on(world.pool)
    assert after is not None
    check(world, task_id, after)
