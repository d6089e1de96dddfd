"""Past redis-py's client: every reply is read or left alone, and none reaches another request."""

import asyncio
import select

import pytest
import redis
import redis.asyncio

from progress_backend.store.async_exchange import AsyncExchange
from tests.clocks import Clock
from tests.conftest import StartServer
from tests.waiting import aeventually

PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3])
VALUES = {"a": b"one", "empty": b"", "lines": b"\r\n$3\r\nabc\r\n", "large": b"x" * 1_000_000}
NAMES = ("a", "none", "empty", "lines", "large", "none", "a")


def client_of(url: str, **options: object) -> redis.asyncio.Redis:
    pool = redis.asyncio.BlockingConnectionPool.from_url(url, max_connections=1, **options)
    return redis.asyncio.Redis.from_pool(pool)


def filled(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.mset(VALUES)


@PROTOCOLS
async def test_values_and_what_is_not_there(server_url: str, protocol: int) -> None:
    filled(server_url)
    async with client_of(server_url, protocol=protocol) as client:
        exchange = AsyncExchange(client, 5)
        for _ in range(2):  # over the same connection
            (values,) = await exchange.ask(("MGET", *NAMES))
            assert values == [VALUES.get(name) for name in NAMES]
            alone = await exchange.ask(*(("GETRANGE", name, 0, 10_000_000) for name in NAMES))
            assert alone == [value or b"" for value in values]


@PROTOCOLS
async def test_a_scripts_nested_reply(server_url: str, protocol: int) -> None:
    filled(server_url)
    code = "return {1, {redis.call('GET', KEYS[1]), false}, {}, redis.call('GET', 'none')}"
    with redis.Redis.from_url(server_url) as loading:
        sha = loading.script_load(code)
    async with client_of(server_url, protocol=protocol) as client:
        exchange = AsyncExchange(client, 5)
        (reply,) = await exchange.ask(("EVALSHA", sha, 1, "a"))
        assert reply == [1, [b"one", None], [], None]
        replies = await exchange.ask(("GET", "a"), ("EVALSHA", "0" * 40, 0), ("GET", "a"))
        assert replies[::2] == [b"one", b"one"]
        assert isinstance(replies[1], redis.exceptions.NoScriptError)


async def test_a_key_of_another_type_is_none_among_others(redis_url: str) -> None:
    filled(redis_url)
    with redis.Redis.from_url(redis_url) as admin:
        admin.rpush("list", "x")
    async with client_of(redis_url) as client:
        asked = [("GETRANGE", name, 0, 9) for name in ("a", "list", "none")]
        assert await AsyncExchange(client, 5).ask(*asked) == [b"one", None, b""]


@PROTOCOLS
async def test_an_error_reply_is_raised_and_the_connection_goes_on(
    redis_url: str, protocol: int
) -> None:
    filled(redis_url)
    with redis.Redis.from_url(redis_url) as admin:
        admin.acl_setuser("nobody", enabled=True, nopass=True, commands=["+@connection", "+hello"])
        try:
            async with client_of(redis_url, protocol=protocol, username="nobody") as client:
                exchange = AsyncExchange(client, 5)
                with pytest.raises(redis.exceptions.NoPermissionError):
                    await exchange.ask(("MGET", "a"))
                admin.acl_setuser("nobody", enabled=True, keys=["*"], commands=["+mget"])
                assert await exchange.ask(("MGET", "a")) == [[b"one"]]
        finally:
            admin.acl_deluser("nobody")


async def test_a_reply_that_came_while_the_process_was_held_up_counts(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine's process is no sign of a store that is away."""
    server, loop = start_server(), asyncio.get_running_loop()
    filled(server.url)
    async with client_of(server.url) as client:
        exchange = AsyncExchange(client, 20)
        assert await exchange.ask(("GET", "a")) == [b"one"]
        (held,) = client.connection_pool._in_use_connections
        monkeypatch.setattr(loop, "time", clock := Clock(loop.time()))
        server.pause()
        reading = asyncio.create_task(exchange.ask(("GET", "a")))
        for _ in range(5):
            await asyncio.sleep(0)  # it is sent
        server.resume()
        # Nothing of this loop moves meanwhile, and until the reply is there.
        assert select.select([held._writer.get_extra_info("socket")], [], [], 60)[0]
        clock.time += 21
        assert await reading == [b"one"]


@pytest.mark.parametrize(("own_s", "callers_s"), [(0.2, 5), (5, 0.1)], ids=["late", "cancelled"])
async def test_an_abandoned_calls_reply_goes_to_no_other_call(
    start_server: StartServer, own_s: float, callers_s: float
) -> None:
    server = start_server()
    filled(server.url)
    async with client_of(server.url) as client:
        exchange = AsyncExchange(client, 20)
        assert await exchange.ask(("GET", "a")) == [b"one"]
        exchange._timeout_s = own_s
        server.pause()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(exchange.ask(("GET", "a")), callers_s)
        server.resume()
        assert await AsyncExchange(client, 20).ask(("GET", "empty")) == [b""]


async def test_a_connection_that_was_closed_meanwhile_is_not_used(redis_url: str) -> None:
    """Servers close connections that are idle, and all of them when they start again."""
    filled(redis_url)
    async with client_of(redis_url) as client:
        get = AsyncExchange(client, 5)
        await get.ask(("GET", "a"))
        (held,) = client.connection_pool._in_use_connections
        with redis.Redis.from_url(redis_url) as admin:
            admin.client_kill_filter(_type="normal", skipme=True)
        await aeventually(held._reader.at_eof)
        assert await get.ask(("GET", "a")) == [b"one"]
