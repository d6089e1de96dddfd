from collections.abc import Iterator

import pytest
import redis

from progress_backend.settings import Settings
from tests.cluster.nodes import SLOTS
from tests.conftest import debian_redis, missing
from tests.ports import free_node_port
from tests.tls.secured import Secured
from tests.waiting import eventually
from tests.web.conftest import start_api

__all__ = ["start_api"]


@pytest.fixture(scope="module")
def binary() -> str:
    return debian_redis() or missing("redis-server")


@pytest.fixture(scope="module")
def running(binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with Secured(binary, tmp_path_factory.mktemp("tls"), free_node_port()) as server:
        yield server


@pytest.fixture
def server(running: Secured) -> Secured:
    """Empty."""
    with redis.Redis.from_url(running.url) as client:
        client.flushall()
    return running


@pytest.fixture(scope="module")
def node(binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A cluster of one."""
    folder = tmp_path_factory.mktemp("node")
    with Secured(binary, folder, free_node_port(), clustered=True) as server:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER ADDSLOTSRANGE", 0, SLOTS - 1)
            eventually(lambda: client.cluster("info")["cluster_state"] == "ok")
        yield server


@pytest.fixture
def settings(server: Secured) -> Settings:
    return Settings(redis_url=server.secured_url())


@pytest.fixture
def settings_of_cluster(node: Secured) -> Settings:
    """Of an empty one."""
    with redis.Redis.from_url(node.url) as client:
        client.flushall()
    return Settings(redis_url=node.secured_url("rediss+cluster"))
