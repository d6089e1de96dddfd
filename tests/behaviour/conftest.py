"""`driver`: an empty store of each kind, over each kind of server."""

from collections.abc import Iterator

import pytest

from progress_backend.settings import Settings
from tests.behaviour.driving import Driver, in_parts, over
from tests.conftest import StartServer, flushed

SERVERS = {"valkey": "session_redis_url", "redis": "debian_redis_url"}
DRIVERS = ["sync-valkey", "sync-redis", "async-valkey", "async-redis", "parts-valkey"]
#: A rule is proved once; with each driver on each server it is for `make chaos`, and what the
#: drivers can do at all for test_each_call.
EVERY = [DRIVERS[0], *(pytest.param(name, marks=pytest.mark.long) for name in DRIVERS[1:])]


def store_url(request: pytest.FixtureRequest, server: str) -> str:
    return flushed(request.getfixturevalue(SERVERS[server]))


@pytest.fixture(params=EVERY)
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Each store over each server."""
    yield from driving(request)


def driving(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """The driver that a fixture's parameter names."""
    kind, _, server = request.param.partition("-")
    settings = Settings(redis_url=store_url(request, server))
    with over(kind, in_parts(settings) if kind == "parts" else settings) as driver:
        yield driver


@pytest.fixture
def at_one_time(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's time stands still: on a busy machine a second passes between two calls."""
    now = driver.now()
    monkeypatch.setattr(driver, "now", lambda: now)


@pytest.fixture
def redis_driver(server_url: str) -> Iterator[Driver]:
    """`Store` with plain keys over each server."""
    with over("sync", Settings(redis_url=server_url)) as driver:
        yield driver


@pytest.fixture(params=["valkey", pytest.param("redis", marks=pytest.mark.wide)])
def counted_driver(request: pytest.FixtureRequest, start_server: StartServer) -> Iterator[Driver]:
    """As `redis_driver`, over a server of which nothing else asks anything: the run's API goes on
    with its checks on the run's Valkey."""
    server = request.param
    url = start_server().url if server == "valkey" else store_url(request, server)
    with over("sync", Settings(redis_url=url)) as driver:
        yield driver
