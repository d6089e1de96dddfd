"""What the API sends, under a server on each event loop: asyncio's, and uvloop's, which `[api]`
installs and each other test of the API has."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.records import Records
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events
from tests.web.test_websockets import received


@pytest.fixture(params=["asyncio", "uvloop"])
def api(request: pytest.FixtureRequest, redis_url: str) -> Iterator[RunningApi]:
    settings = Settings(redis_url=redis_url, lease_s=86_400)
    running = RunningApi(create_app(settings), loop=request.param).start()
    yield running
    running.stop()


async def test_sockets_and_streams_are_served_on_it(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.member("job", "flow")
    records.run("job")
    shared_watches = ({"task_id": "job"}, {"workflow_id": "flow"})
    async with (
        api.watch("job") as one,
        api.socket("workflow/flow") as flow,
        api.socket("tasks") as every,
        api.socket("watch") as shared,
    ):
        for number, watched in enumerate(shared_watches):
            await shared.send(json.dumps({"watch": f"{number}", **watched}))
        for socket in (one, flow, shared, shared):
            await received(socket)
        await asyncio.to_thread(records.complete, "job")
        for socket in (one, flow, every, shared, shared):
            while "completed" not in json.dumps(await received(socket)):
                pass
    with api.http.stream("GET", "/internal/task/job/events") as answer:
        assert next(events(answer))["status"] == "completed"
    assert api.http.get("/internal/health").status_code == 200
