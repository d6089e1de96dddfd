"""One connection hears every watched task, and survives its server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.live.all_tasks import Feed
from progress_backend.live.hub import Hub, Mailbox
from progress_backend.live.listener import Listener
from progress_backend.live.update import Update
from progress_backend.settings import Settings
from progress_backend.store.drivers import AsyncStore
from tests.conftest import StartServer
from tests.records import Records
from tests.waiting import aeventually


@asynccontextmanager
async def listening(url: str, prefix: str = "") -> AsyncIterator[Listener]:
    store = AsyncStore(Settings(redis_url=url, key_prefix=prefix), timeout_s=2)
    listener = Listener(store, Hub(), Feed())
    listener.start()
    try:
        yield listener
    finally:
        await listener.stop()
        await store.close()


async def news(mailbox: Mailbox[Update]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        update = await mailbox.get()
    assert update.message is not None
    said: dict[str, Any] = json.loads(update.message)
    return said


async def moved_to(mailbox: Mailbox[Update], current: int) -> dict[str, Any]:
    """The news of that figure; a snapshot of an earlier one may come before it."""
    while (said := await news(mailbox))["progress"]["current"] != current:
        pass
    return said


async def test_it_hears_what_is_committed_from_then_on(server_url: str) -> None:
    records = Records(server_url)
    await asyncio.to_thread(records.create, "a")
    async with listening(server_url) as listener, listener.watching("a") as mailbox:
        await asyncio.to_thread(records.progress, "a", 5)
        assert (await moved_to(mailbox, 5))["revision"] == 2


async def test_one_subscription_for_many_watchers(start_server: StartServer) -> None:
    url = start_server().url
    with redis.Redis.from_url(url) as client:

        def subscribers() -> int:
            return int(client.pubsub_numsub("task_update:a")[0][1])

        async with listening(url) as listener:
            async with listener.watching("a"):
                async with listener.watching("a"):
                    assert (subscribers(), listener.watched) == (1, 1)
                    assert len(client.client_list(_type="pubsub")) == 1
                assert subscribers() == 1
            assert listener.watched == 0
            await aeventually(lambda: subscribers() == 0)


async def test_a_prefix_and_any_id(start_server: StartServer) -> None:
    url = start_server().url
    with redis.Redis.from_url(url) as client:
        async with listening(url, "x*:") as listener:
            async with listener.watching("進 捗/1"):
                channel = "x*:task_update:進 捗/1"
                assert client.pubsub_numsub(channel) == [(channel.encode(), 1)]
                assert client.pubsub_channels("*task_update*") == [channel.encode()]


async def test_leaving_and_joining_again_at_once_keeps_hearing(redis_url: str) -> None:
    records = Records(redis_url)
    await asyncio.to_thread(records.create, "a")
    async with listening(redis_url) as listener:
        for current in range(30):
            async with listener.watching("a") as mailbox:
                if current % 3 == 0:
                    await asyncio.to_thread(records.progress, "a", current)
                    await moved_to(mailbox, current)


async def test_many_tasks(redis_url: str) -> None:
    records = Records(redis_url)
    await asyncio.to_thread(records.create, "task-1234")
    async with listening(redis_url) as listener:

        async def watch(number: int) -> int:
            async with listener.watching(f"task-{number}") as mailbox:
                ready.append(number)
                await go.wait()
                return 0 if number != 1234 else (await moved_to(mailbox, 1))["revision"]

        ready: list[int] = []
        go = asyncio.Event()
        watchers = [asyncio.create_task(watch(number)) for number in range(2000)]
        await aeventually(lambda: len(ready) == 2000)
        await asyncio.to_thread(records.progress, "task-1234", 1)
        go.set()
        assert sum(await asyncio.gather(*watchers)) == 2


async def test_a_server_that_comes_back_older_is_believed(start_server: StartServer) -> None:
    server = start_server()
    records = Records(server.url)
    await asyncio.to_thread(records.start, "a")
    await asyncio.to_thread(records.progress, "a", 100)
    async with listening(server.url) as listener, listener.watching("a") as mailbox:
        async with listener.watching("gone") as other:
            server.kill()
            await aeventually(lambda: not listener.connected)
            server.start()
            await asyncio.to_thread(records.start, "a")  # an empty store; a record of less
            async with asyncio.timeout(10):
                while (update := await mailbox.get()).message is None:
                    pass  # read before that record was there
            assert json.loads(update.message)["revision"] <= 2
            async with asyncio.timeout(10):
                assert (await other.get()).message is None
            await asyncio.to_thread(records.progress, "a", 7)
            await moved_to(mailbox, 7)
            assert listener.connected


async def test_a_server_that_is_away_is_said_once(
    start_server: StartServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("progress_backend.live.watched_tasks.SUBSCRIBE_S", 0.5)
    server = start_server()
    server.stop()
    with caplog.at_level(logging.WARNING, "progress_backend"):
        async with listening(server.url) as listener:
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(20), listener.watching("a"):
                    pass
            assert not listener.connected
            server.start()
            await aeventually(lambda: listener.connected)
            async with listener.watching("a"):
                pass
    said = [record.getMessage()[:22] for record in caplog.records]
    assert said == ["no updates from Redis,", "the progress store ans"]


async def test_a_server_that_hangs_is_noticed(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.live.listener.PING_S", 0.2)
    server = start_server()
    async with listening(server.url) as listener, listener.watching("a"):
        # Quiet is no reason to hang up: pings are answered.
        epoch = listener.epoch
        await asyncio.sleep(1)
        assert (listener.connected, listener.epoch) == (True, epoch)
        server.pause()
        await aeventually(lambda: not listener.connected)
        server.resume()
        await aeventually(lambda: listener.connected)
        async with listener.watching("a"):
            pass


async def test_a_killed_connection_is_made_again(redis_url: str) -> None:
    records = Records(redis_url)
    await asyncio.to_thread(records.start, "a")
    with redis.Redis.from_url(redis_url) as client:
        async with listening(redis_url) as listener, listener.watching("a") as mailbox:
            for current in range(1, 4):
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                await asyncio.to_thread(records.progress, "a", current)  # nobody hears this
                await moved_to(mailbox, current)


async def test_somebody_elses_value_under_a_watched_key_holds_up_nobody(
    start_server: StartServer,
) -> None:
    server = start_server()
    records = Records(server.url)
    for task_id in ("a", "b"):
        await asyncio.to_thread(records.start, task_id)
    async with listening(server.url) as listener, listener.watching("a"):
        async with listener.watching("b") as mailbox:
            epoch = listener.epoch
            with redis.Redis.from_url(server.url) as client:
                client.set("task:a", "hello")
                client.client_kill_filter(_type="pubsub")
            await aeventually(lambda: listener.epoch > epoch and listener.connected)
            await asyncio.to_thread(records.progress, "b", 5)
            await moved_to(mailbox, 5)
            assert listener.connected
