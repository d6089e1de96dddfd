"""A task's updates over a real WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.records import Records
from tests.waiting import aeventually
from tests.web.serving import RunningApi

WAIT_S = 60


async def received(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def rest(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    """Its messages up to its end."""
    async with asyncio.timeout(WAIT_S):
        async for message in socket:
            yield json.loads(message)


async def closed(socket: ClientConnection) -> int:
    async with asyncio.timeout(WAIT_S):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


async def test_the_specifications_messages(api: RunningApi) -> None:
    task_id = api.create()
    async with api.watch(task_id) as socket:
        first = await received(socket)
        assert (first["type"], first["status"], first["revision"]) == ("task_created", "created", 1)
        api.update(task_id, current_items=150, message="処理中", details={"a": 1})
        message = await received(socket)
        document = api.status(task_id).json()
        assert message == {
            "type": "progress_update",
            "task_id": task_id,
            "status": "running",
            "progress": {"current": 150, "total": 252, "percentage": 59.5},
            "message": "処理中",
            "timestamp": document["updated_at"],
            "revision": 2,
            "task_type": "fetch_data",
            "symbol": "7203.T",
            "estimated_completion": None,
            "processing_details": {"a": 1},
            "created_at": document["created_at"],
            "waited_ms": document["waited_ms"],
            "final": False,
        }
        api.update(task_id, "completed", results={"records_saved": 252})
        end = await received(socket)
        assert (end["status"], end["results"]) == ("completed", {"records_saved": 252})
        assert end["error_message"] is None
        assert await closed(socket) == 1000


@pytest.mark.parametrize("end", ["completed", "error", "cancelled"])
async def test_an_ended_task_is_sent_once(api: RunningApi, end: str) -> None:
    task_id = api.create()
    why = {"error_message": "kaputt"} if end == "error" else {}
    api.cancel(task_id) if end == "cancelled" else api.update(task_id, end, **why)
    async with api.watch(task_id) as socket:
        messages = [m async for m in rest(socket)]
        assert [m["status"] for m in messages] == [end]
        assert messages[0]["error_message"] == ("kaputt" if end == "error" else None)
        assert await closed(socket) == 1000


@pytest.mark.parametrize("task_id", ["nope", "a%00b", "x" * 256])
async def test_an_unknown_task(api: RunningApi, task_id: str) -> None:
    async with api.watch(task_id) as socket:
        assert await closed(socket) == 4404


async def test_no_state_is_missed_or_sent_twice_while_it_changes(
    api: RunningApi, redis_url: str
) -> None:
    """Snapshots race with updates: revisions only ever rise, and the last one arrives."""
    settings = Settings(redis_url=redis_url)
    task_id = api.create(total_items=3000)

    def move() -> None:
        with Store(settings) as store:
            base = None
            for current in range(1, 400):
                event = ev.Progressed(current=current)
                base = store.run(store.flows.apply(task_id, (event,), store.now(), base=base)).base
            store.run(store.flows.apply(task_id, (ev.Completed(),), store.now(), base=base))

    async def watch() -> list[int]:
        async with api.watch(task_id) as socket:
            return [m["revision"] async for m in rest(socket)]

    moving = asyncio.create_task(asyncio.to_thread(move))
    watchers = []
    while not moving.done():
        if len(watchers) < 200:  # each has two of the process's files open
            watchers.append(asyncio.create_task(watch()))
        await asyncio.sleep(0.01)
    seen = await asyncio.gather(*watchers)
    await moving
    assert len(seen) > 3
    last = api.status(task_id).json()["revision"]
    for revisions in seen:
        assert revisions == sorted(set(revisions))
        assert revisions[-1] == last


async def test_a_client_that_says_too_much_is_shown_out(api: RunningApi) -> None:
    task_id = api.create()
    async with api.watch(task_id) as socket:
        await received(socket)
        await socket.send("x" * 100_000)
        assert await closed(socket) == 1009
    await aeventually(lambda: api.watched() == 0)


EACH = ["task/job", "workflow/group", "tasks"]


@pytest.mark.parametrize("path", EACH)
async def test_an_end_of_the_service_sends_clients_away_for_a_while(
    own_api: RunningApi, redis_url: str, path: str
) -> None:
    Records(redis_url).start("job")
    Records(redis_url).member("member", "group")
    async with own_api.socket(path) as socket:
        own_api.ask_to_end()
        assert await closed(socket) == 1012


@pytest.mark.parametrize("path", EACH)
async def test_a_store_that_is_away_sends_newcomers_away_for_a_while(
    api_without_store: RunningApi, path: str
) -> None:
    async with api_without_store.socket(path) as socket:
        assert await closed(socket) == 1013
    await aeventually(lambda: api_without_store.watched() == 0)
