"""Ready frames, and connections that stay open without a task of their own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import websockets
from fastapi import FastAPI, WebSocket

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.records import Records
from tests.waiting import aeventually
from tests.web.serving import RunningApi
from tests.web.test_websockets import closed, received


@asynccontextmanager
async def slow_watcher(api: RunningApi) -> AsyncIterator[websockets.ClientConnection]:
    """One that does not read, with a kernel that takes little."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", api.port))
    async with api.watch("job", sock=small, max_queue=1) as slow:
        slow.transport.pause_reading()
        counts = api.app.state.progress.listener.watches.counts
        await aeventually(lambda: counts.delivered, what="it gets each update from now on")
        yield slow


async def fall_behind(api: RunningApi, records: Records) -> int:
    """Moves the job on until the server skips an update; the last figure."""
    counts = api.app.state.progress.listener.watches.counts
    for current in range(1, 252):
        await asyncio.to_thread(records.progress, "job", current, "x" * 9_000)
        if counts.dropped:
            return current
    await aeventually(lambda: counts.dropped, what="an update is skipped")  # it may be late
    return current


async def test_an_open_socket_holds_no_task(own_api: RunningApi) -> None:
    task_id = own_api.create()
    async with own_api.watch(task_id) as one, own_api.watch(task_id) as other:
        await received(one)
        await received(other)
        await aeventually(lambda: own_api.tasks() == 0)
        await one.send("not heard" * 100)
        await (await one.ping())
        own_api.update(task_id, current_items=1)
        assert await received(one) == await received(other)
        await other.close()
        assert other.close_code == 1000
        own_api.update(task_id, "completed")
        assert (await received(one))["status"] == "completed"
        assert await closed(one) == 1000
    await aeventually(lambda: own_api.watched() == 0)


async def test_a_client_that_breaks_off_while_it_is_behind_is_forgotten(
    own_api: RunningApi, redis_url: str
) -> None:
    records = Records(redis_url)
    await asyncio.to_thread(records.start, "job")
    async with slow_watcher(own_api) as slow:
        await fall_behind(own_api, records)
        slow.transport.abort()
        await aeventually(lambda: own_api.watched() == 0)


async def test_other_servers_send_message_by_message(redis_url: str) -> None:
    """As under an application's own uvicorn, which knows nothing of frames."""
    running = RunningApi(create_app(Settings(redis_url=redis_url)), ws="websockets-sansio").start()
    try:
        task_id = running.create()
        async with running.watch(task_id) as one, running.watch("nope") as other:
            assert (await received(one))["status"] == "created"
            assert await closed(other) == 4404
            for current in range(1, 20):
                running.update(task_id, current_items=current)
            while (await received(one))["progress"]["current"] != 19:
                pass
            running.update(task_id, "completed")
            assert (await received(one))["status"] == "completed"
            assert await closed(one) == 1000
        await aeventually(lambda: running.watched() == 0)
    finally:
        running.stop()


async def test_applications_of_others_work_under_it() -> None:
    """A socket that is not kept ends with its application, whatever that does."""
    app = FastAPI()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    @app.websocket("/broken")
    async def broken(websocket: WebSocket) -> None:
        await websocket.accept()
        raise RuntimeError("a bug of theirs")

    running = RunningApi(app).start()
    try:
        url = f"ws://127.0.0.1:{running.port}"
        async with websockets.connect(f"{url}/echo", proxy=None) as one:
            await one.send("hello")
            assert await one.recv() == "hello"
            await one.wait_closed()
        async with websockets.connect(f"{url}/broken", proxy=None) as one:
            await one.wait_closed()
        await aeventually(lambda: running.connections() == 0)
    finally:
        running.stop()
