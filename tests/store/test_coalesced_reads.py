"""Reads that go together: each caller gets its own document, and every failure."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.operations import records
from progress_backend.settings import Settings
from progress_backend.store import shown_tasks
from progress_backend.store.async_exchange import AsyncExchange
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.exchange import Request
from progress_backend.store.shown_tasks import AT_ONCE as MOST
from progress_backend.store.shown_tasks import Joined
from tests.conftest import StartServer
from tests.stopwatch import FACTOR, Stopwatch
from tests.waiting import aeventually


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[AsyncStore]:
    async with AsyncStore(Settings(redis_url=redis_url)) as opened:
        yield opened


def documents(store: AsyncStore) -> Joined[str, bytes | None]:
    return Joined(lambda task_ids: store.execute(records.read(task_ids)), MOST)


def reads_of(url: str) -> int:
    """How many records the server was asked for."""
    with redis.Redis.from_url(url) as client:
        return int(client.info("commandstats").get("cmdstat_getrange", {"calls": 0})["calls"])


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many requests went with each trip."""
    made: list[int] = []
    ask = AsyncExchange.ask

    def counted(exchange: AsyncExchange, *requests: Request) -> Awaitable[list[Any]]:
        if requests[0][0] == "GETRANGE":
            made.append(len(requests))
        return ask(exchange, *requests)

    monkeypatch.setattr(AsyncExchange, "ask", counted)
    return made


async def test_each_read_gets_its_own_document(
    store: AsyncStore, redis_url: str, trips: list[int]
) -> None:
    count = 2 * MOST + 10
    with redis.Redis.from_url(redis_url) as client:
        client.mset({f"task:{i}": f"document {i}" for i in range(0, count, 2)})
    reads = documents(store)
    found = await asyncio.gather(*(reads.get(str(i)) for i in range(count)))
    assert found == [f"document {i}".encode() if i % 2 == 0 else None for i in range(count)]
    assert trips == [MOST, MOST, 10]


async def test_what_comes_meanwhile_goes_with_the_next(
    store: AsyncStore, redis_url: str, trips: list[int]
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.mset({"task:a": "1", "task:b": "2"})
        client.config_resetstat()
    reads = documents(store)
    first = reads.get("a")
    while not reads_of(redis_url):  # it is on its way, alone
        await asyncio.sleep(0.001)
    assert await asyncio.gather(first, reads.get("b"), reads.get("a")) == [b"1", b"2", b"1"]
    assert await reads.get("b") == b"2"
    assert trips == [1, 2, 1]


async def test_a_cancelled_read_does_not_disturb_the_others(
    store: AsyncStore, redis_url: str
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("task:a", "1")
    reads = documents(store)
    leaves, stays = reads.get("a"), reads.get("a")
    leaves.cancel()
    assert await stays == b"1"


async def answers(reads: Joined[str, bytes | None]) -> bool:
    """A busy machine may take longer than the store's time-out."""
    with contextlib.suppress(StoreUnavailable):
        return await reads.get("a") is None
    return False


async def test_all_waiting_reads_fail_at_once_without_the_store(start_server: StartServer) -> None:
    server = start_server()
    store = AsyncStore(Settings(redis_url=server.url), timeout_s=0.5)
    reads = documents(store)
    await aeventually(lambda: answers(reads))
    server.pause()
    asked = [reads.get(str(i)) for i in range(5 * MOST)]
    with Stopwatch() as watch:
        results = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(error) for error in results} == {StoreUnavailable}
    assert watch.seconds < FACTOR * 0.5  # not one wait after another
    server.resume()
    await aeventually(lambda: answers(reads))
    await store.close()


async def test_a_read_beyond_the_limit_is_refused(
    store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_tasks, "MOST_WAITING", 3)
    reads = documents(store)
    waiting = [reads.get(str(i)) for i in range(3)]
    with pytest.raises(StoreUnavailable, match="too many reads"):
        reads.get("one more")
    assert await asyncio.gather(*waiting) == [None] * 3
    assert await reads.get("again") is None
