"""Which URLs open a store, and the errors for those that do not."""

import asyncio
from contextlib import closing

import pytest
import redis

from progress_backend.errors import SettingsError
from progress_backend.settings import Settings
from progress_backend.store.async_connection import async_client
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.connection import sync_client
from tests.waiting import PATIENCE_S, aeventually


def options_of(url: str) -> dict:
    with closing(sync_client(Settings(redis_url=url), Deadline(1.0))) as client:
        options = client.connection_pool.connection_kwargs
    asynchronous = async_client(Settings(redis_url=url), 1.0).connection_pool.connection_kwargs
    names = ("host", "port", "db", "username", "password", "path", "ssl_cert_reqs")
    assert [options.get(n) for n in names] == [asynchronous.get(n) for n in names]
    return options


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://", {}),
        ("redis://h:1234/5", {"host": "h", "port": 1234, "db": 5}),
        ("redis://u:p%40ss%2F@h", {"username": "u", "password": "p@ss/"}),
        ("redis://h?db=3", {"db": 3}),
        ("redis://h?virtual_host=3", {"db": 3}),
        ("unix:///run/redis.sock?db=2", {"path": "/run/redis.sock", "db": 2}),
        ("redis+socket:///run/redis.sock?virtual_host=2", {"path": "/run/redis.sock", "db": 2}),
        ("rediss://h", {"host": "h"}),
        ("rediss://h?ssl_cert_reqs=required", {"ssl_cert_reqs": "required"}),
        ("rediss://h?ssl_cert_reqs=CERT_NONE", {"ssl_cert_reqs": "none"}),
        ("rediss://h?ssl_cert_reqs=CERT_OPTIONAL", {"ssl_cert_reqs": "optional"}),
    ],
)
def test_a_url_of_redis_or_celery(url, expected) -> None:
    options = options_of(url)
    assert {name: options[name] for name in expected} == expected


@pytest.mark.parametrize(
    "url",
    [
        "redis://h:port/0",
        "redis://h:99999/0",
        "redis://[::1/0",
        "redis://:se/cret@h/0",
        "redis://h/name",
        "redis://h?db=x",
        "redis://h?visibility_timeout=3600",
        "rediss://h?ssl_cert_reqs=sometimes",
        "sentinel://",
        "sentinel://h:port/0",
    ],
)
async def test_a_url_that_opens_nothing_is_refused_at_once(url) -> None:
    settings = Settings(redis_url=url)
    with pytest.raises(SettingsError, match="PROGRESS_REDIS_URL") as caught:
        sync_client(settings, Deadline(1.0))
    assert "cret" not in str(caught.value)
    with pytest.raises(SettingsError, match="PROGRESS_REDIS_URL"):
        async_client(settings, 1.0)


@pytest.mark.parametrize(
    ("url", "hosts", "service", "options"),
    [
        ("sentinel://h", [("h", 26_379)], "mymaster", {}),
        ("sentinel://h:1/3?service=x", [("h", 1)], "x", {"db": 3}),
        (
            "sentinel://:p%40@h:1;sentinel://h2:2/0?master_name=x",
            [("h", 1), ("h2", 2)],
            "x",
            {"password": "p@", "db": 0},
        ),
        ("sentinel://u%40:p@h", [("h", 26_379)], "mymaster", {"username": "u@", "password": "p"}),
    ],
)
def test_a_sentinel_url(url, hosts, service, options) -> None:
    with closing(sync_client(Settings(redis_url=url), Deadline(1.0))) as client:
        pool = client.connection_pool
        asked = [s.connection_pool.connection_kwargs for s in pool.sentinel_manager.sentinels]
        assert [(a["host"], a["port"]) for a in asked] == hosts
        assert pool.service_name == service
        assert {name: pool.connection_kwargs[name] for name in options} == options


def test_a_connection_that_the_server_closed_is_made_again(server_url: str) -> None:
    """As a server's idle timeout, its restart or a failover closes it."""
    with sync_client(Settings(redis_url=server_url), Deadline(PATIENCE_S)) as client:
        before = client.client_id()
        killed(server_url, before)
        assert client.client_id() != before


async def test_so_it_is_with_asyncio(server_url: str) -> None:
    async with async_client(Settings(redis_url=server_url), PATIENCE_S) as client:
        first, second = await asyncio.gather(client.client_id(), client.client_id())
        connections = list(client.connection_pool._available_connections)
        killed(server_url, first, second)
        await aeventually(lambda: all(one._reader.at_eof() for one in connections))
        after = await asyncio.gather(client.client_id(), client.client_id())
        assert not {first, second} & set(after)


def killed(url: str, *clients: int) -> None:
    with redis.Redis.from_url(url) as admin:
        for one in clients:
            assert admin.client_kill_filter(_id=str(one))


def test_a_urls_own_limits_are_for_others() -> None:
    """It may be Celery's: what a job waits is bounded here, and replies are read as they come."""
    own = "socket_timeout=60&socket_connect_timeout=60&retry_on_timeout=yes&protocol=3"
    settings = Settings(redis_url=f"redis://h/0?{own}&max_connections=1&decode_responses=true")
    with closing(sync_client(settings, Deadline(0.2))) as client:
        options = client.connection_pool.connection_kwargs
        assert (options["socket_timeout"], options["socket_connect_timeout"]) == (0.2, 0.2)
        assert options["protocol"] == 2
        assert not options.get("decode_responses")
    assert async_client(settings, 0.2).connection_pool.max_connections > 1
