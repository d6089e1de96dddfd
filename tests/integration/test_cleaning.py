"""Beat has ended records deleted after their retention, and never a live one; and it sends the
events of webhooks itself."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from progress_backend.operations.keys import Keys
from tests.conftest import end, flushed
from tests.integration.conftest import beat, running, worker
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually
from tests.webhooks.targets import Receiver, receiving, spec

SOON = {"PROGRESS_CLEANUP_INTERVAL_S": "1", "PROGRESS_RETENTION_S": "1"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def world(tmp_path: Path, session_redis_url: str, receiver: Receiver) -> Iterator[World]:
    url = flushed(session_redis_url)
    env = {**SOON, "PROGRESS_WEBHOOKS": spec(url=receiver.url, allow_private=True)}
    scheduler = beat(tmp_path, url, env)
    with running(worker("prefork", tmp_path, url, env=env)):
        try:
            scheduler.start(ready="beat: Starting")
            world = World(tmp_path, broker=url, results=url, store=url)
            with contextlib.closing(world):
                yield world
        finally:
            end([scheduler])


def test_what_has_ended_goes_and_what_lives_stays(world: World, receiver: Receiver) -> None:
    ended = [world.send(outcome) for outcome in ("return", "raises", "ignores")]
    for task_id in ended:
        world.go(task_id)
    live = world.send("updates")
    world.until(live, status="running")
    world.go(live)
    queued = world.send(queue="nobody_reads_it")
    eventually(
        lambda: all(world.record(task_id) == {} for task_id in ended),
        TIMEOUT_S,
        what="the ended ones deleted",
    )
    eventually(lambda: {event["subject"] for event in receiver.events} == set(ended), TIMEOUT_S)
    assert world.record(live)["status"] == "running"
    assert world.record(queued)["status"] == "created"
    # No other key names the deleted ones either.
    assert world.store is not None
    keys = Keys()
    assert set(world.store.zrange(keys.index(), 0, -1)) == {live, queued}
    assert set(world.store.hkeys(keys.facets)) == {live, queued}
    assert set(world.store.zrange(keys.expiry, 0, -1)) == {live, queued}
    world.gate.mark(live, "enough")
    # Its end is there for a second only.
    eventually(lambda: world.record(live) == {}, TIMEOUT_S)
