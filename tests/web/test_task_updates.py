"""When following a task ends, and what comes back."""

from __future__ import annotations

import redis

from progress_backend.record import events as ev
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_websockets import closed, rest, said


async def test_a_lost_run_is_waited_for(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, lease_s=30)
    records = Records(redis_url)
    running = records.start("job")
    lost = ev.Lost(lease="lease-1", error_message="worker gone", revision=running.revision)
    async with api.watch("job") as socket:
        await said(socket)
        records.apply("job", lost)
        assert (await said(socket))["status"] == "error"
        records.apply("job", ev.Progressed(current=9, attempt=1))
        message = await said(socket)
        assert (message["status"], message["progress"]["current"]) == ("running", 9)
        records.apply("job", ev.Completed(attempt=1))
        assert (await said(socket))["status"] == "completed"
        assert await closed(socket) == 1000


async def test_a_lost_run_is_waited_for_one_lease_only(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, lease_s=0.4)
    Records(redis_url, lease_s=0.4).lose("job")
    async with api.watch("job") as socket:
        messages = [m async for m in rest(socket)]
        assert [m["error_message"] for m in messages] == ["worker gone"]
        assert await closed(socket) == 1000


async def test_a_task_made_anew_under_its_id_is_followed(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.create("again")
    for current in range(5):
        records.progress("again", current)
    async with api.watch("again") as socket:
        assert (await said(socket))["revision"] == 6
        with redis.Redis.from_url(redis_url) as client:
            client.flushdb()
        records.create("again")
        message = await said(socket)
        assert (message["type"], message["revision"]) == ("task_created", 1)
