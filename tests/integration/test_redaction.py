"""What a job says of its passwords, with a real worker: the records' store has none of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import running, worker
from tests.integration.world import World
from tests.servers import Server

pytestmark = pytest.mark.integration
SECRET = "hunter2"


@pytest.fixture(scope="module")
def world(folder: Path, url: str, store: Server) -> Iterator[World]:
    given = {"redis_url": store.url}
    with running(worker("redacting", folder, url, concurrency=1, given=given)):
        with contextlib.closing(World(folder, broker=url, results=url, store=store.url)) as world:
            yield world


def everything(world: World) -> str:
    """All keys, and what documents, hashes and sorted sets hold."""
    found = []
    for key in world.store.scan_iter():
        kind = world.store.type(key)
        read = {"string": world.store.get, "hash": world.store.hgetall}
        found.append(f"{key} {read[kind](key) if kind in read else world.store.zrange(key, 0, -1)}")
    return "\n".join(found)


@pytest.mark.parametrize(
    ("outcome", "value", "shown"),
    [
        ("raises", f"no route to redis://:{SECRET}@cache/0", "ValueError: no route to redis://:***@cache/0"),
        ("return", {"page": 2, "token": SECRET}, {"page": 2, "token": "***"}),
    ],
)  # fmt: skip
def test_the_store_has_no_secret(world: World, outcome: str, value: object, shown: object) -> None:
    about = {"metadata": {"db_password": SECRET, "shop": "7203"}}
    task_id = world.send(outcome, value, headers={"progress": about})
    world.go(task_id)
    record = world.ended(task_id)
    assert shown in (record["error_message"], record["results"])
    assert record["metadata"] == {"db_password": "***", "shop": "7203"}
    said = everything(world)
    assert task_id in said
    assert SECRET not in said
