"""What each of the two services has of its own; what both do is in the other files."""

import asyncio
import json
import logging
from datetime import datetime, timedelta

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.service.progress_service import ProgressService
from progress_backend.service.redis_progress_service import RedisProgressService
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from tests.clocks import Clock
from tests.conftest import StartServer
from tests.waiting import eventually


async def test_memory_deletes_tasks_a_day_after_their_end() -> None:
    clock = Clock(1_705_314_600.0)
    service = ProgressService(clock=clock)
    ended, live = [await service.create_task("x", 1) for _ in range(2)]
    await service.update_progress(ended, status="completed")
    await service.update_progress(live, status="running")
    clock.time += 23 * 3_600
    assert await service.get_task_status(ended) is not None
    clock.time += 2 * 3_600
    assert await service.get_task_status(ended) is None
    assert await service.get_task_status(live) is not None
    listed = await service.get_tasks_list()
    assert [task["task_id"] for task in listed["tasks"]] == [live]
    assert listed["pagination"]["total"] == 1


async def test_memory_looks_for_old_tasks_once_an_interval(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "progress_backend.service")
    clock = Clock(1_705_314_600.0)
    service = ProgressService(Settings(cleanup_interval_s=60, retention_s=10), clock=clock)
    task_id = await service.create_task("x", 1)
    await service.update_progress(task_id, status="completed")
    clock.time += 30
    assert await service.get_task_status(task_id) is not None
    clock.time += 31
    assert await service.get_task_status(task_id) is None
    assert caplog.records[-1].getMessage() == f"Cleaned up old task {task_id}"


async def test_a_record_of_the_other_service_is_seen(redis_url: str) -> None:
    async with RedisProgressService(redis_url) as one, RedisProgressService(redis_url) as other:
        task_id = await one.create_task("fetch_data", 252, symbol="7203.T")
        assert (await other.get_task_status(task_id))["symbol"] == "7203.T"
    with redis.Redis.from_url(redis_url) as raw:  # the specification's key
        assert json.loads(raw.get(f"task:{task_id}"))["symbol"] == "7203.T"
        assert raw.ttl(f"task:{task_id}") > 86_400


async def test_every_change_is_published_on_the_specifications_channel(redis_url: str) -> None:
    async with RedisProgressService(redis_url) as service:
        task_id = await service.create_task("fetch_data", 252)
        with redis.Redis.from_url(redis_url) as raw, raw.pubsub() as pubsub:
            pubsub.subscribe(f"task_update:{task_id}")
            assert pubsub.get_message(timeout=60)["type"] == "subscribe"
            body = await service.update_progress(task_id, status="running", current_items=150)
            published = json.loads(pubsub.get_message(timeout=60)["data"])
            assert published.pop("_")["v"] == 1
            assert published == body


async def test_a_given_store_is_shared_and_left_open(redis_url: str) -> None:
    async with AsyncStore(Settings(redis_url=redis_url, timezone="Asia/Tokyo")) as store:
        async with RedisProgressService(store=store) as service:
            task_id = await service.create_task("x", 1)
        document = await store.run(store.flows.get(task_id))
    body = json.loads(document)
    assert datetime.fromisoformat(body["created_at"]).utcoffset() == timedelta(hours=9)


async def test_an_unreachable_store_raises_storeunavailable(start_server: StartServer) -> None:
    server = start_server()
    async with RedisProgressService(server.url) as service:
        task_id = await service.create_task("x", 1)
        server.stop()
        for call in (
            service.create_task("x", 1),
            service.update_progress(task_id, status="running"),
            service.get_task_status(task_id),
            service.get_workflow_status(task_id),
            service.get_tasks_list(),
            service.get_workflows_list(),
            service.cancel_task(task_id),
            service.cancel_workflow(task_id),
        ):
            with pytest.raises(StoreUnavailable):
                await call
        health = await service.health_check()
        assert health["status"] == "unhealthy"
        assert health["dependencies"] == {
            "redis": {"status": "disconnected", "response_time_ms": None}
        }
        server.start()
        assert (await service.health_check())["status"] == "healthy"


@pytest.mark.integration
def test_no_connection_stays_open_after_asyncio_run(start_server: StartServer) -> None:
    url = start_server().url
    service = RedisProgressService(url)

    async def several() -> None:
        await asyncio.gather(*(service.get_tasks_list() for _ in range(3)))

    with redis.Redis.from_url(url) as client:
        before = len(client.client_list())
        for _ in range(50):
            asyncio.run(several())
        # The server removes a closed connection a moment later.
        eventually(lambda: len(client.client_list()) <= before)
