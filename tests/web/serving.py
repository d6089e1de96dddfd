"""The API on a free loopback port, under a real uvicorn in a thread of the test run."""

import asyncio
import threading
from typing import Any, Self

import httpx
import uvicorn
import websockets
from fastapi import FastAPI

from progress_backend.web.server.serve import OPTIONS, bound, connection_classes
from tests.ports import free_port
from tests.waiting import PATIENCE_S, eventually


class _Server(uvicorn.Server):
    """Sees within a fiftieth of a second that it is to end."""

    async def main_loop(self) -> None:
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 1) % 864_000
            await asyncio.sleep(0.02)


class RunningApi:
    """An application, served with the options that serve() uses; ``options`` come on top."""

    def __init__(self, app: FastAPI, *, port: int = 0, **options: object) -> None:
        self.app = app
        self._socket = bound("127.0.0.1", port or free_port())
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(app, log_config=None, **{**OPTIONS, **connection_classes(), **options})
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            trust_env=False,
            # Longer than the API waits for anything: it says so itself, also on a busy machine.
            timeout=60,
            # The server closes idle connections after five seconds, as httpx does: a request could
            # be sent on one that is being closed.
            limits=httpx.Limits(keepalive_expiry=2),
        )

    def start(self) -> Self:
        self._thread.start()
        eventually(lambda: self._server.started, what="the API listens")
        return self

    def tasks(self) -> int:
        """How many tasks of applications run under the server."""
        return len(self._server.server_state.tasks)

    def connections(self) -> int:
        """How many connections the server has."""
        return len(self._server.server_state.connections)

    def unsent(self) -> int:
        """The most bytes that wait in this process for one of them to take."""
        transports = [c.transport for c in list(self._server.server_state.connections)]
        return max((t.get_write_buffer_size() for t in transports), default=0)

    def ask_to_end(self) -> None:
        """As SIGTERM."""
        self._server.should_exit = True

    def stop(self) -> None:
        self.http.close()
        self.ask_to_end()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the API did not end"
        self._socket.close()

    def socket(self, path: str, **options: Any) -> websockets.connect:
        """A WebSocket client of what is watched under this path."""
        base = str(self.http.base_url).rstrip("/").replace("http", "ws", 1)
        options = {"proxy": None, "open_timeout": PATIENCE_S, **options}
        return websockets.connect(f"{base}/internal/ws/{path}", **options)

    def watch(self, task_id: str, **options: Any) -> websockets.connect:
        """A WebSocket client of a task."""
        return self.socket(f"task/{task_id}", **options)

    def watched(self) -> int:
        """How many tasks are watched, by its own word."""
        body = self.http.get("/internal/health").json()
        return int(body["dependencies"]["listener"]["watched_tasks"])

    def create(self, **values: object) -> str:
        """A new task's id."""
        body = {"task_type": "fetch_data", "symbol": "7203.T", "total_items": 252, **values}
        answer = self.http.post("/internal/create-task", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["task_id"])

    def update(self, task_id: str, status: str = "running", **values: object) -> httpx.Response:
        return self.http.put(f"/internal/task/{task_id}/update", json={"status": status, **values})

    def status(self, task_id: str, **options: object) -> httpx.Response:
        return self.http.get(f"/internal/task/{task_id}/status", **options)

    def workflow(self, workflow_id: str, **options: object) -> httpx.Response:
        return self.http.get(f"/internal/workflow/{workflow_id}/status", **options)

    def cancel(self, task_id: str, body: object = None) -> httpx.Response:
        return self.http.post(f"/internal/task/{task_id}/cancel", json=body)
