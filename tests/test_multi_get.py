"""Many documents in one request: every reply is read, whatever it is cut into, or left alone."""

from __future__ import annotations

import asyncio

import pytest
import redis
import redis.asyncio

from progress_backend.multi_get import MultiGet, values_of
from tests.conftest import StartServer

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
        for _ in range(2):  # over the same connection
            values = await MultiGet(client, 5).ask(("MGET", *NAMES))
            assert values == [VALUES.get(name) for name in NAMES]


@PROTOCOLS
async def test_what_is_no_value_is_redis_pys_to_say(redis_url: str, protocol: int) -> None:
    filled(redis_url)
    with redis.Redis.from_url(redis_url) as admin:
        admin.acl_setuser("nobody", enabled=True, nopass=True, commands=["+@connection", "+hello"])
        try:
            async with client_of(redis_url, protocol=protocol, username="nobody") as client:
                with pytest.raises(redis.exceptions.NoPermissionError):
                    await MultiGet(client, 5).ask(("MGET", "a"))
                admin.acl_setuser("nobody", enabled=True, keys=["*"], commands=["+mget"])
                assert await MultiGet(client, 5).ask(("MGET", "a")) == [b"one"]
        finally:
            admin.acl_deluser("nobody")


async def test_a_late_reply_is_nobody_elses(start_server: StartServer) -> None:
    server = start_server()
    filled(server.url)
    async with client_of(server.url) as client:
        slow = MultiGet(client, 0.2)
        assert await slow.ask(("MGET", "a")) == [b"one"]
        server.pause()
        with pytest.raises(TimeoutError):
            await slow.ask(("MGET", "a"))
        server.resume()
        assert await MultiGet(client, 5).ask(("MGET", "empty")) == [b""]


async def test_a_cancelled_call_leaves_no_reply_behind(start_server: StartServer) -> None:
    server = start_server()
    filled(server.url)
    async with client_of(server.url) as client:
        get = MultiGet(client, 5)
        await get.ask(("MGET", "a"))
        server.pause()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(get.ask(("MGET", "a")), 0.1)
        server.resume()
        assert await get.ask(("MGET", "empty")) == [b""]


async def test_a_closed_connection_is_said_and_the_next_call_has_another(
    start_server: StartServer,
) -> None:
    server = start_server()
    async with client_of(server.url) as client:
        get = MultiGet(client, 5)
        await get.ask(("MGET", "a"))
        server.kill()
        with pytest.raises((redis.exceptions.ConnectionError, OSError)):
            await get.ask(("MGET", "a"))
        server.start()
        filled(server.url)
        assert await get.ask(("MGET", "a")) == [b"one"]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1_000])
async def test_a_reply_is_read_however_it_is_cut(step: int) -> None:
    reply = b"*5\r\n$3\r\none\r\n$-1\r\n_\r\n$0\r\n\r\n$4\r\n\r\n\r\n\r\n"
    reader = asyncio.StreamReader()
    reading = asyncio.create_task(values_of(reader, 5))
    for at in range(0, len(reply), step):
        await asyncio.sleep(0)
        reader.feed_data(reply[at : at + step])
    assert await reading == [b"one", None, None, b"", b"\r\n\r\n"]


@pytest.mark.parametrize("reply", [b"-LOADING x\r\n", b"*2\r\n", b">2\r\n", b"*1\r\n:5\r\n"])
async def test_any_other_reply_is_left_alone(reply: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(reply)
    assert await values_of(reader, 1) is None


async def test_half_a_reply_is_an_error() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"*1\r\n$5\r\nab")
    reader.feed_eof()
    with pytest.raises(redis.exceptions.ConnectionError):
        await values_of(reader, 1)
