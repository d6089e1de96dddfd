"""Heartbeats over real sockets and streams: who asks for them, and what a frozen Redis makes of
them."""

import asyncio
import json
from typing import Any

import pytest

from progress_backend.live.heartbeat import Heartbeats
from tests.conftest import StartServer
from tests.waiting import aeventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events, opened, url_of
from tests.web.test_shared_socket import opened as shared
from tests.web.test_websockets import closed
from tests.web.test_websockets_all import watch_all


async def received(socket: Any, type_: str, within: float = 60) -> dict[str, Any]:
    """The next message of a type; what comes before it is passed over."""
    async with asyncio.timeout(within):
        while (message := json.loads(await socket.recv()))["type"] != type_:
            pass
    return dict(message)


@pytest.mark.parametrize("asked", ["5", "61", "x", "1e1", "10.0"])
async def test_an_interval_that_is_none(api: RunningApi, asked: str) -> None:
    task_id = api.create()
    async with api.watch(f"{task_id}?heartbeat={asked}") as one:
        assert await closed(one) == 4422
    assert (one.close_reason or "").startswith("heartbeat: ")
    async with watch_all(api, f"?heartbeat={asked}") as every:
        assert await closed(every) == 4422
    async with shared(api, f"?heartbeat={asked}") as several:
        assert await closed(several) == 4422
    assert api.http.get(f"/internal/task/{task_id}/events?heartbeat={asked}").status_code == 422


async def test_a_redis_that_freezes_again_while_it_is_connected_to_is_no_sign_of_life(
    start_server: StartServer, start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its kernel takes the connection; no process has answered."""
    monkeypatch.setattr("progress_backend.live.listener.PING_S", 0.5)
    server = start_server()
    api = start_api(redis_url=server.url)
    listener = api.app.state.progress.listener
    await aeventually(lambda: listener.up_to_date)
    server.pause()
    await aeventually(lambda: not listener.up_to_date)
    for _ in range(50):
        assert not listener.up_to_date
        await asyncio.sleep(0.02)
    server.resume()
    await aeventually(lambda: listener.up_to_date)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds pass in a fifth of one."""

    def begin(beating: Heartbeats, seconds: float) -> None:
        later = asyncio.get_running_loop().call_later(seconds / 50, beating._tick, seconds)
        beating._timers[seconds] = later

    monkeypatch.setattr(Heartbeats, "_begin", begin)


@pytest.mark.usefixtures("quick")
async def test_each_interval_something_is_sent(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To sockets a message, to streams an event of its own name."""
    task_id, listener = api.create(), api.app.state.progress.listener

    def named() -> str:
        with opened(url_of(api, task_id) + "?heartbeat=10") as answer:
            return next(event["event"] for event in events(answer) if "event" in event)

    assert await asyncio.to_thread(named) == "heartbeat"
    async with (
        watch_all(api, "?heartbeat=10") as every,
        api.watch(f"{task_id}?heartbeat=10") as one,
        shared(api, "?heartbeat=10") as several,
    ):
        for socket in (one, every, several):
            for _ in range(2):
                await received(socket, "heartbeat")
    await aeventually(lambda: not listener.heartbeats._takers, what="each leaves that has joined")
    monkeypatch.setattr(type(listener), "up_to_date", False)
    assert await asyncio.to_thread(named) == "stale"


def test_a_stream_gets_stale_at_once(
    start_server: StartServer, start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Heartbeats, "_tick", lambda *_: None)  # no interval ends
    server = start_server()
    api = start_api(redis_url=server.url)
    with opened(url_of(api, api.create()) + "?heartbeat=60") as answer:
        received = events(answer)
        assert next(received)["type"] == "task_created"
        server.kill()
        assert next(received)["event"] == "stale"
