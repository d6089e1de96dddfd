"""A workflow's updates over a real WebSocket and as server-sent events."""

import time

import pytest
import redis
from websockets.asyncio.client import connect

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import workflows
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.records import Records
from tests.waiting import aeventually, eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events, opened
from tests.web.test_websockets import closed, received, rest

W = "the-group"


def watch(api: RunningApi, workflow_id: str = W, query: str = "") -> connect:
    return api.socket(f"workflow/{workflow_id}{query}")


def stream_of(api: RunningApi, workflow_id: str = W) -> str:
    return f"http://127.0.0.1:{api.port}/internal/workflow/{workflow_id}/events"


@pytest.fixture
def records(redis_url: str) -> Records:
    """With a workflow of two members, of which one runs."""
    records = Records(redis_url)
    for task_id in ("one", "two"):
        records.member(task_id, W, name="fetch ×2")
    records.run("one")
    return records


async def test_the_body_comes_at_once_then_each_state_to_the_end(
    api: RunningApi, records: Records
) -> None:
    async with watch(api) as socket:
        first = await received(socket)
        body = api.workflow(W).json()
        assert first == {"type": "workflow_update", **body}
        records.progress("one", 126)
        message = await received(socket)
        assert message["progress"] == {"current": 0, "total": 2, "percentage": 25}
        assert message["revision"] > first["revision"]
        records.complete("one")
        records.fail("two", "why")
        *_, last = [m async for m in rest(socket)]
        assert (last["status"], last["final"]) == ("error", True)
        assert [failure["task_id"] for failure in last["failures"]] == ["two"]
        assert await closed(socket) == 1000
        assert socket.close_reason == "the workflow has ended"


@pytest.mark.parametrize("workflow_id", ["nope", "single", "one", "a%00b", "x" * 256])
async def test_an_id_without_members_is_closed(
    api: RunningApi, records: Records, redis_url: str, workflow_id: str
) -> None:
    records.create("single")
    async with watch(api, workflow_id) as socket:
        assert await closed(socket) == 4404
    if "%" not in workflow_id:
        assert socket.close_reason == f"Workflow {workflow_id} not found"[:123]
    with redis.Redis.from_url(redis_url) as client:
        await aeventually(lambda: not client.pubsub_channels("workflow_update:*"))


async def test_its_socket_and_its_last_tasks_are_two(api: RunningApi, redis_url: str) -> None:
    """A chain's id is that of its last task."""
    records = Records(redis_url)
    records.member("last", "last")
    async with watch(api, "last") as whole, api.watch("last") as task:
        assert (await received(whole))["type"] == "workflow_update"
        assert (await received(task))["type"] == "task_created"
        records.complete("last")
        assert [m["task_type"] async for m in rest(whole)] == ["workflow"]
        assert [m["task_type"] async for m in rest(task)] == ["fetch_data"]


async def test_the_end_of_a_publish_is_the_workflows(
    api: RunningApi, records: Records, redis_url: str
) -> None:
    """It is sent to no client, and it changes no revision."""
    with Store(Settings(redis_url=redis_url)) as store:
        now_ms = milliseconds(store.now())
        store.execute(workflows.publishing(W, "token", now_ms, 60_000))
        async with watch(api) as socket:
            await received(socket)
            for task_id in ("one", "two"):
                records.complete(task_id)
            message = await received(socket)
            while message["progress"]["current"] < 2:
                message = await received(socket)
            assert (message["status"], message["final"]) == ("running", False)
            assert message["progress"]["percentage"] < 100
            store.execute(workflows.publishing(W, "token", now_ms, 0))
            (last,) = [m async for m in rest(socket)]
            assert (last["status"], last["final"]) == ("completed", True)
            assert last["revision"] == message["revision"]
            assert await closed(socket) == 1000


async def test_a_lost_member_is_waited_for(start_api: StartApi, redis_url: str) -> None:
    lease_s, again_s = 0.4, 2.8
    api, records = start_api(redis_url=redis_url, lease_s=lease_s), Records(redis_url, lease_s)
    records.member("job", W)
    assert not api.workflow(W).json()["final"]  # the first request takes its time
    began = time.monotonic()
    records.lose("job", again_s)
    async with watch(api) as socket:
        messages = [m async for m in rest(socket)]
        assert await closed(socket) == 1000
    assert time.monotonic() - began > 0.9 * (lease_s + again_s)
    assert [(m["status"], m["final"]) for m in messages] == [("error", False), ("error", True)]
    assert messages[0]["may_come_again_until"] is not None
    eventually(lambda: api.workflow(W).json()["final"])


def test_events_have_the_sockets_messages(api: RunningApi, records: Records) -> None:
    with opened(stream_of(api)) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        received_events = events(answer)
        first = next(received_events)
        assert (first["type"], first["retry"]) == ("workflow_update", "2000")
        assert first["counts"]["running"] == 1
        for task_id in ("one", "two"):
            records.complete(task_id)
        *_, last = list(received_events)
        assert (last["status"], last["final"]) == ("completed", True)
        assert int(last["id"]) > int(first["id"])
    with opened(stream_of(api), last["id"]) as answer:
        assert answer.status_code == 204
    with opened(stream_of(api), first["id"]) as answer:
        assert [event["final"] for event in events(answer)] == [True]


def test_events_of_no_workflow(api: RunningApi) -> None:
    answer = api.http.get("/internal/workflow/nope/events")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Workflow nope not found"})
    eventually(lambda: api.watched() == 0)
