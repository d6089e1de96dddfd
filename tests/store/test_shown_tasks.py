"""Tasks that are read together, with their places, and read again after a second."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis

from progress_backend.errors import ForeignValue
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store import shown_tasks
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.shown_tasks import ShownTasks
from tests.asked import asks, requests
from tests.clocks import Clock
from tests.records import Records


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[AsyncStore]:
    async with AsyncStore(Settings(redis_url=redis_url)) as opened:
        yield opened


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many places went with each request."""
    made: list[int] = []
    execute = AsyncStore.execute

    async def counted(store: AsyncStore, command: Any) -> Any:
        if asks(command, "before"):
            ((_, _, keys, *more),) = requests(command)
            made.append((len(more) - keys) // 3)
        return await execute(store, command)

    monkeypatch.setattr(AsyncStore, "execute", counted)
    return made


async def ahead(tasks: ShownTasks, task_id: str) -> int | None:
    shown = await tasks.of(task_id)
    return None if shown is None else shown.record.ahead


def waiting(url: str, count: int) -> list[str]:
    records, ids = Records(url), [f"t{number}" for number in range(count)]
    for task_id in ids:
        records.publish(task_id)
    return ids


async def test_places_are_read_together(
    store: AsyncStore, redis_url: str, asked: list[int]
) -> None:
    ids, tasks = waiting(redis_url, 70), ShownTasks(store)
    found = await asyncio.gather(*(ahead(tasks, one) for one in [*ids, *ids, "nobody"]))
    assert found == [*range(70), *range(70), None]
    assert asked == [64, 6]


async def test_a_place_is_read_again_after_a_second(
    store: AsyncStore, redis_url: str, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_tasks, "monotonic", clock := Clock(100.0))
    *_, last = waiting(redis_url, 3)
    tasks = ShownTasks(store)
    assert [await ahead(tasks, last) for _ in range(5)] == [2] * 5
    assert asked == [1]
    Records(redis_url).apply("t0", ev.Cancelled())
    clock.time += 0.9
    assert await ahead(tasks, last) == 2
    clock.time += 0.2
    assert await ahead(tasks, last) == 1


async def test_a_document_that_says_all_is_parsed_once(
    store: AsyncStore, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_tasks, "monotonic", clock := Clock(100.0))
    records, tasks = Records(redis_url), ShownTasks(store)
    for task_id, event, same in (
        ("at work", None, False),  # runs of its type will estimate its end
        ("paused", ev.Paused(), True),
        ("cancelled", ev.Cancelled(), True),
    ):
        records.publish(task_id)
        if event is not None:
            records.apply(task_id, event)
        shown = await tasks.of(task_id)
        clock.time += 60
        again = await tasks.of(task_id)
        assert again.document == shown.document
        assert (again is shown) == same


async def test_no_more_records_are_kept_than_bounded(
    store: AsyncStore, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown_tasks, "MOST", 10)
    tasks = ShownTasks(store)
    for task_id in waiting(redis_url, 25):
        assert await ahead(tasks, task_id) is not None
        assert 1 <= len(tasks._known) <= 10


async def test_a_long_document_is_not_kept(store: AsyncStore, redis_url: str) -> None:
    (task_id,), tasks = waiting(redis_url, 1), ShownTasks(store)
    with redis.Redis.from_url(redis_url) as client:
        document = client.get(store.keys.task(task_id))
        for size, kept in ((shown_tasks.LONGEST + 1, 0), (shown_tasks.LONGEST, 1)):
            client.set(store.keys.task(task_id), document.ljust(size))
            assert await ahead(tasks, task_id) == 0
            assert len(tasks._known) == kept


async def test_what_is_no_record_fails_its_own_readers_alone(
    store: AsyncStore, redis_url: str
) -> None:
    (task_id,), tasks = waiting(redis_url, 1), ShownTasks(store)
    with redis.Redis.from_url(redis_url) as client:
        client.set(store.keys.task("foreign"), "no record")
    asked = [ahead(tasks, one) for one in ("foreign", task_id, "foreign", "nobody")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in found] == [ForeignValue, int, ForeignValue, type(None)]
