"""One connection receives every watched task, and survives its server."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.live import listener as listeners
from progress_backend.live.heartbeat import Heartbeats
from progress_backend.live.listener import Listener
from progress_backend.live.update import Update
from progress_backend.live.watches import Watches
from progress_backend.settings import Settings
from progress_backend.store.async_connection import async_client
from progress_backend.store.async_store import AsyncStore
from tests.conftest import StartServer
from tests.records import Records
from tests.waiting import aeventually
from tests.watching import Mailbox, ReceiverClosed, watching


@asynccontextmanager
async def listening(url: str, prefix: str = "") -> AsyncIterator[Listener]:
    store = AsyncStore(Settings(redis_url=url, key_prefix=prefix), timeout_s=20)
    listener = Listener(store)
    listener.start()
    try:
        yield listener
    finally:
        await listener.stop()
        await store.close()


async def news(mailbox: Mailbox[Update]) -> dict[str, Any]:
    async with asyncio.timeout(60):
        update = await mailbox.get()
    assert update.message is not None
    content: dict[str, Any] = json.loads(update.message)
    return content


async def emptied(mailbox: Mailbox[Update]) -> None:
    """Until it is closed; the first catch-up may have found that there is no record."""
    while True:
        await mailbox.get()


async def moved_to(mailbox: Mailbox[Update], current: int) -> dict[str, Any]:
    """The news of that figure; a snapshot of an earlier one may come before it."""
    while (message := await news(mailbox))["progress"]["current"] != current:
        pass
    return message


async def test_one_subscription_for_many_watchers(start_server: StartServer) -> None:
    url = start_server().url
    with redis.Redis.from_url(url) as client:

        def subscribers() -> int:
            return int(client.pubsub_numsub("task_update:a")[0][1])

        async with listening(url) as listener:
            async with watching(listener, "a"):
                async with watching(listener, "a"):
                    assert (subscribers(), listener.watches.watched) == (1, 1)
                    assert len(client.client_list(_type="pubsub")) == 1
                assert subscribers() == 1
            assert listener.watches.watched == 0
            await aeventually(lambda: subscribers() == 0)


async def test_closing_ends_every_watch_and_turns_newcomers_away(redis_url: str) -> None:
    async with listening(redis_url) as listener, watching(listener, "a") as mailbox:
        listener.watches.close()
        async with watching(listener, "b") as newcomer:
            for closed in (mailbox, newcomer):
                with pytest.raises(ReceiverClosed):
                    await emptied(closed)


async def test_leaving_and_joining_again_at_once_keeps_hearing(redis_url: str) -> None:
    records = Records(redis_url)
    await asyncio.to_thread(records.create, "a")
    async with listening(redis_url) as listener:
        for current in range(30):
            async with watching(listener, "a") as mailbox:
                if current % 3 == 0:
                    await asyncio.to_thread(records.progress, "a", current)
                    await moved_to(mailbox, current)


async def test_a_server_that_comes_back_older_is_believed(start_server: StartServer) -> None:
    server = start_server()
    records = Records(server.url)
    await asyncio.to_thread(records.start, "a")
    await asyncio.to_thread(records.progress, "a", 100)
    async with listening(server.url) as listener, watching(listener, "a") as mailbox:
        async with watching(listener, "gone") as other:
            server.kill()
            await aeventually(lambda: not listener.connected)
            server.start()
            await asyncio.to_thread(records.start, "a")  # an empty store; a record of less
            async with asyncio.timeout(60):
                # Read from the old store by the first catch-up, or before that record was there.
                while not 0 < (await mailbox.get()).revision <= 2:
                    pass
            async with asyncio.timeout(60):
                assert (await other.get()).message is None
            await asyncio.to_thread(records.progress, "a", 7)
            await moved_to(mailbox, 7)
            assert listener.connected


async def test_a_record_that_is_deleted_is_noticed_without_a_message(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "READ_AGAIN_S", 0.1)
    records = Records(redis_url)
    await asyncio.to_thread(records.create, "a")
    async with listening(redis_url) as listener, watching(listener, "a") as mailbox:
        with redis.Redis.from_url(redis_url) as client:
            await asyncio.to_thread(records.start, "a")
            while (await news(mailbox))["status"] != "running":
                pass  # read again before
            client.delete("task:a")
        async with asyncio.timeout(60):
            while (await mailbox.get()).message is not None:
                pass  # read again before


async def test_an_unreachable_server_is_logged_once(
    start_server: StartServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.live.receivers.SUBSCRIBE_S", 0.5)
    server = start_server()
    server.stop()
    with caplog.at_level(logging.WARNING, "progress_backend"):
        async with listening(server.url) as listener:
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(60), watching(listener, "a"):
                    pass
            assert not listener.connected
            server.start()
            await aeventually(lambda: listener.up_to_date)
            monkeypatch.undo()
            async with watching(listener, "a"):
                pass
    logged = [record.getMessage()[:22] for record in caplog.records]
    assert logged == ["no updates from Redis,", "the progress store ans"]


async def test_a_server_that_hangs_is_noticed(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.live.listener.PING_S", 2.0)
    server = start_server()

    def pings() -> int:
        with redis.Redis.from_url(server.url) as client:
            return int(client.info("commandstats").get("cmdstat_ping", {"calls": 0})["calls"])

    async with listening(server.url) as listener, watching(listener, "a"):
        # Quiet is no reason to hang up: pings are answered.
        epoch, before = listener.watches.epoch, pings()
        await aeventually(lambda: pings() >= before + 2)
        assert (listener.connected, listener.watches.epoch) == (True, epoch)
        server.pause()
        await aeventually(lambda: not listener.connected)
        server.resume()
        await aeventually(lambda: listener.connected)
        async with watching(listener, "a"):
            pass


async def test_a_foreign_value_under_a_watched_key_delays_no_watcher(
    start_server: StartServer,
) -> None:
    server = start_server()
    records = Records(server.url)
    for task_id in ("a", "b"):
        await asyncio.to_thread(records.start, task_id)
    async with listening(server.url) as listener, watching(listener, "a"):
        async with watching(listener, "b") as mailbox:
            epoch = listener.watches.epoch
            with redis.Redis.from_url(server.url) as client:
                client.set("task:a", "hello")
                client.client_kill_filter(_type="pubsub")
            await aeventually(lambda: listener.watches.epoch > epoch and listener.connected)
            await asyncio.to_thread(records.progress, "b", 5)
            await moved_to(mailbox, 5)
            assert listener.connected


class Interrupted(BaseException):
    """As a signal's handler raises it, into whatever runs at that moment."""


#: What may come out of anything that an epoch does, one after the other.
FAILURES: list[BaseException] = [
    RuntimeError("one"),
    redis.exceptions.ConnectionError("one of redis-py's"),
    ExceptionGroup("some", [OSError("one"), KeyError("two")]),
    Interrupted(),
    BaseExceptionGroup("some", [Interrupted(), ValueError("two")]),
    asyncio.CancelledError(),  # of another asyncio task that was awaited
    StoreUnavailable("away"),
]


def failing(part: Callable[..., Any]) -> tuple[list[BaseException], Callable[..., Any]]:
    """A part of the listener that raises all of the failures and then does what it did."""
    left = list(FAILURES)

    def fails(*args: Any, **options: Any) -> Any:
        if left:
            raise left.pop(0)
        return part(*args, **options)

    return left, fails


PARTS: dict[str, tuple[Any, str]] = {
    "the connection": (listeners, "async_client"),
    "the beginning of an epoch": (Watches, "begin"),
    "a subscription": (Watches, "confirmed"),
    "a message": (Watches, "received"),
    "the reading of what was missed": (Watches, "catch_up"),
    "the end of a connection": (Watches, "lost"),
    "the heartbeats": (Heartbeats, "changed"),
}


@pytest.mark.parametrize("part", PARTS)
async def test_it_receives_again_after_any_failure(
    part: str, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.live.listener.BACKOFF_S", (0.01, 0.05))
    url = start_server().url
    records = Records(url)
    await asyncio.to_thread(records.create, "a")
    async with listening(url) as listener:
        owner, name = PARTS[part]
        left, fails = failing(getattr(owner, name))
        monkeypatch.setattr(owner, name, fails)
        async with watching(listener, "a") as mailbox:
            current = 0
            with redis.Redis.from_url(url) as client:
                while left:
                    current += 1
                    client.client_kill_filter(_type="pubsub")  # all begins again
                    await asyncio.to_thread(records.progress, "a", current)
                    await asyncio.sleep(0.02)
            await aeventually(lambda: listener.up_to_date)
            await asyncio.to_thread(records.progress, "a", current + 1)
            await moved_to(mailbox, current + 1)


async def test_a_log_that_cannot_be_written_keeps_it_from_nothing(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("not written")

    for name in ("info", "error"):
        monkeypatch.setattr(listeners.logger, name, full)
    monkeypatch.setattr("progress_backend.live.listener.BACKOFF_S", (0.01, 0.05))
    left, fails = failing(Watches.begin)
    monkeypatch.setattr(Watches, "begin", fails)
    async with listening(server_url) as listener:
        await aeventually(lambda: not left and listener.up_to_date)


@pytest.fixture
async def refuses_to_end() -> AsyncIterator[Callable[..., Coroutine[Any, Any, None]]]:
    """Something that takes no notice of its cancellation before the end of the test."""
    over, tasks = asyncio.Event(), set[asyncio.Task[Any]]()

    async def refuses(*_: object) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    yield refuses
    over.set()
    # What it held up goes on after it, some of it without end.
    await aeventually(lambda: all(task.done() or not task.cancel() for task in tasks))


@pytest.mark.parametrize("part", ["connecting", "closing", "catching up"])
async def test_what_never_ends_holds_up_neither_the_next_connection_nor_the_end(
    part: str,
    start_server: StartServer,
    refuses_to_end: Callable[..., Coroutine[Any, Any, None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("progress_backend.live.listener.BACKOFF_S", (0.01, 0.05))
    monkeypatch.setattr("progress_backend.live.listener.END_S", 0.1)
    monkeypatch.setattr("progress_backend.live.listener.PING_S", 1.0)
    url, began = start_server().url, 0
    opening = async_client

    def opens(*args: Any, **options: Any) -> Any:
        nonlocal began
        began += 1
        client = opening(*args, **options)
        if part == "connecting" and began == 1:
            monkeypatch.setattr(client.connection_pool, "get_connection", refuses_to_end)
        if part == "closing":
            monkeypatch.setattr(client, "aclose", refuses_to_end)
        return client

    monkeypatch.setattr("progress_backend.live.listener.async_client", opens)
    async with listening(url) as listener:
        if part == "catching up":
            monkeypatch.setattr(Watches, "catch_up", refuses_to_end)
        await aeventually(lambda: listener.connected)
        monkeypatch.undo()
        epoch = listener.watches.epoch
        with redis.Redis.from_url(url) as client:
            client.client_kill_filter(_type="normal", skipme=True)
        await aeventually(lambda: listener.watches.epoch > epoch and listener.up_to_date)
        async with asyncio.timeout(60):
            await listener.stop()
