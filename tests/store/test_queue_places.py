"""Places that are read together, and again after a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from progress_backend.errors import StoreUnavailable
from progress_backend.record import document as doc
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Task
from progress_backend.record.waiting import Waiting
from progress_backend.settings import Settings
from progress_backend.store import queue_places
from progress_backend.store.drivers import AsyncStore
from progress_backend.store.history_cache import Histories
from progress_backend.store.queue_places import QueuePlaces
from tests.asked import asks, requests
from tests.records import Records
from tests.strategies import NOW
from tests.waiting import aeventually

NOBODY = Waiting("fetch_data", "nobody", 0)


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
            ((_, _, keys, *_),) = requests(command)
            made.append(keys // 2)
        return await execute(store, command)

    monkeypatch.setattr(AsyncStore, "execute", counted)
    return made


async def ahead(places: QueuePlaces, task: Waiting) -> int | None:
    document = document_of(task)
    record = places.known(task.task_id, document)
    record = record or await places.placed(document, doc.read(document))
    return record.ahead


def document_of(task: Waiting) -> bytes:
    created = NOW + timedelta(microseconds=task.created_us)
    return task_json.encode(Task(task.task_id, task.task_type, created_at=created, root_id="r"))


def waiting(url: str, count: int) -> list[Waiting]:
    records = Records(url)
    tasks = [records.publish(f"t{number}") for number in range(count)]
    return [Waiting("fetch_data", task.task_id, number) for number, task in enumerate(tasks)]


async def test_places_are_read_together(
    store: AsyncStore, redis_url: str, asked: list[int]
) -> None:
    tasks = waiting(redis_url, 70)
    places = QueuePlaces(store, Histories(store))
    twice = [*tasks, *tasks, NOBODY]
    found = await asyncio.gather(*(ahead(places, task) for task in twice))
    assert found == [*range(70), *range(70), None]
    assert asked == [64, 7]


async def test_a_place_is_read_again_after_a_second(
    store: AsyncStore, redis_url: str, asked: list[int]
) -> None:
    *_, last = waiting(redis_url, 3)
    places = QueuePlaces(store, Histories(store))
    assert [await ahead(places, last) for _ in range(5)] == [2] * 5
    assert asked == [1]
    Records(redis_url).apply("t0", ev.Cancelled())

    async def moved() -> bool:
        return await ahead(places, last) == 1

    await aeventually(moved)


async def test_no_more_places_are_kept_than_bounded(
    store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_places, "MOST", 10)
    places = QueuePlaces(store, Histories(store))
    for number in range(35):
        assert await ahead(places, Waiting("fetch_data", str(number), 0)) is None
        assert len(places._known) <= 10


async def test_a_long_document_is_not_kept(store: AsyncStore) -> None:
    places, document = QueuePlaces(store, Histories(store)), document_of(NOBODY)
    for size, kept in ((queue_places.LONGEST, 1), (queue_places.LONGEST + 1, 0)):
        await places.placed(document.ljust(size), doc.read(document))
        assert len(places._known) == kept


async def test_a_failure_reaches_all_that_wait_and_nobody_after(
    store: AsyncStore, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task,) = waiting(redis_url, 1)
    places = QueuePlaces(store, Histories(store))
    with monkeypatch.context() as away:

        async def fails(*_: object) -> None:
            raise StoreUnavailable("away")

        away.setattr(AsyncStore, "execute", fails)
        asked = [ahead(places, one) for one in (task, NOBODY, task)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in found] == [StoreUnavailable] * 3
    assert await ahead(places, task) == 0


async def test_a_reader_that_leaves_disturbs_nobody(store: AsyncStore, redis_url: str) -> None:
    (task,) = waiting(redis_url, 1)
    places = QueuePlaces(store, Histories(store))
    leaves, stays = (asyncio.create_task(ahead(places, task)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays == 0
