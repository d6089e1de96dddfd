from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis

from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.cluster.nodes import Node, started, stopped
from tests.outages.fleet import client
from tests.outages.trio import Trio
from tests.web.conftest import start_api

__all__ = ["start_api"]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Node]]:
    running = started(tmp_path_factory.mktemp("cluster"))
    yield running
    stopped(running)


@pytest.fixture
def settings(nodes: list[Node]) -> Settings:
    """Of an empty cluster, whichever nodes are primaries by now."""
    for node in nodes:
        if node.process.alive:
            with suppress(redis.exceptions.ReadOnlyError):
                node.client.flushall()
    return Settings(redis_url=f"redis+cluster://127.0.0.1:{nodes[-1].port}")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store(settings, timeout_s=20) as opened:
        yield opened


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with Trio(tmp_path_factory.mktemp("trio")) as trio:
        yield trio


@pytest.fixture
def settings_of_sentinel(trio: Trio) -> Settings:
    """Of an empty master."""
    with client(trio.master.url) as connected:
        connected.flushall()
    return Settings(redis_url=trio.url)
