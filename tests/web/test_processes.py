"""Several server processes behind one port."""

from __future__ import annotations

import asyncio
import sys

import httpx
import psutil
import pytest
import redis
import websockets

from tests.conftest import StartServer, StartService
from tests.ports import free_port
from tests.records import Records
from tests.waiting import eventually
from tests.web.test_serve import answers
from tests.web.test_websockets import closed, said

FRAMES = "progress_backend.web.server.websocket_connection:FrameConnection"
OPTIONS = ["--workers", "2", "--ws", FRAMES]


@pytest.mark.wide
async def test_sockets_at_both_processes_hear_an_update(
    start_server: StartServer, start_service: StartService
) -> None:
    server = start_server()
    records = Records(server.url)
    await asyncio.to_thread(records.start, "job")
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "progress_backend.web:create_app"]
    service = start_service(
        [*command, "--port", str(port), *OPTIONS], env={"PROGRESS_REDIS_URL": server.url}
    )
    await asyncio.to_thread(
        eventually, lambda: answers(f"http://127.0.0.1:{port}/internal/health/live"), 30
    )
    # A connection belongs to the process that took it: open more until each has some.
    watchers: list[websockets.ClientConnection] = []
    try:
        with redis.Redis.from_url(server.url) as client:
            while len(processes_with_sockets(service.pid, port)) < 2:
                assert len(watchers) < 200, "one process takes all connections"
                url = f"ws://127.0.0.1:{port}/internal/ws/task/job"
                watchers.append(await websockets.connect(url, proxy=None))
                assert (await said(watchers[-1]))["task_id"] == "job"
            # Each process has a subscription of its own.
            assert dict(client.pubsub_numsub("task_update:job"))[b"task_update:job"] == 2
        await asyncio.to_thread(records.progress, "job", 7)
        for one in watchers:
            assert (await said(one))["progress"]["current"] == 7
        body = {"status": "completed"}
        answer = httpx.put(
            f"http://127.0.0.1:{port}/internal/task/job/update", json=body, trust_env=False
        )
        assert answer.status_code == 200
        for one in watchers:
            assert (await said(one))["status"] == "completed"
            assert await closed(one) == 1000
    finally:
        for one in watchers:
            await one.close()


def processes_with_sockets(pid: int, port: int) -> set[int]:
    """The server's processes that have a client."""
    return {
        child.pid
        for child in psutil.Process(pid).children(recursive=True)
        for connection in child.net_connections("tcp")
        if connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == port
    }
