"""What the API is compared with, and the processes of both, on a core of their own; load and store
have the other one.

`python -m tests.benchmarks.http_peers NAME STORE` serves a peer under uvicorn with the options of
the API, not its connection classes, and prints its address.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import redis.asyncio
import uvicorn
from celery import Celery
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from progress_backend.operations.keys import Keys
from progress_backend.web.server.serve import OPTIONS, bound
from tests.servers import Service

OURS = "progress-backend"
#: What stands in the log of a process that listens.
LISTENS = r"http://127\.0\.0\.1:(\d+)"


class Served(NamedTuple):
    """A process that serves."""

    pid: int
    port: int


class _Items(BaseModel):
    current: int
    total: int | None
    percentage: float


class OwnStatus(BaseModel):
    """The fields of the specification's status."""

    task_id: str
    task_type: str
    symbol: str | None
    status: str
    progress: _Items
    current_status: str
    start_time: str | None
    updated_at: str | None
    end_time: str | None
    processing_time_ms: int | None
    error_message: str | None
    results: dict[str, Any]
    processing_details: dict[str, Any]
    metadata: dict[str, Any]


#: Starts the API (OURS) or a peer of PEERS over the store at a URL.
StartHttp = Callable[[str, str], Served]


@contextmanager
def http_services(store_pid: int) -> Iterator[StartHttp]:
    """Ends all that were started. One core serves, so that a rate is what one process can do."""
    before = os.sched_getaffinity(0)
    serving, asking = {max(before)}, {min(before)}
    os.sched_setaffinity(store_pid, asking)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(name: str, url: str) -> Served:
            args = ["-m", "tests.benchmarks.http_peers", name, url]
            if name == OURS:
                run = "from progress_backend.cli import main; main()"
                args = ["-c", run, "serve", "--port", "0"]
            env = {"PROGRESS_REDIS_URL": url}
            service = Service([sys.executable, *args], log=folder / f"{name}.log", env=env)
            stack.callback(service.stop)
            port = int(service.start().wait_for_log(LISTENS).group(1))
            os.sched_setaffinity(service.pid, serving)
            return Served(service.pid, port)

        os.sched_setaffinity(0, asking)
        try:
            yield start
        finally:
            os.sched_setaffinity(0, before)


def hello(_: str) -> FastAPI:
    """As small as a FastAPI application can be."""
    app = FastAPI()

    @app.get("/hello")
    async def send_text() -> dict[str, str]:
        return {"message": "hello"}

    return app


def own_endpoint(url: str) -> FastAPI:
    """What a user would write who has the records and no library."""
    app = FastAPI()
    client = redis.asyncio.Redis.from_url(url)
    key = Keys().task

    @app.get("/internal/task/{task_id}/status", response_model=OwnStatus)
    async def read(task_id: str) -> Any:
        document = await client.get(key(task_id))
        if document is None:
            raise HTTPException(404)
        return json.loads(document)

    return app


def result_of_celery(url: str) -> FastAPI:
    """What Celery's documentation says: the state and the meta of an AsyncResult."""
    app, jobs = FastAPI(), Celery(backend=url)

    @app.get("/internal/task/{task_id}/status")
    def read(task_id: str) -> dict[str, Any]:
        result = jobs.AsyncResult(task_id)
        return {"task_id": task_id, "status": result.state, "progress": result.info}

    return app


def celerys_results(url: str, ids: Sequence[str]) -> None:
    """Stores what `update_state` stores for tasks."""
    backend = Celery(backend=url).backend
    for task_id in ids:
        backend.store_result(task_id, {"current": 150, "total": 252}, "PROGRESS")


PEERS: dict[str, Callable[[str], Any]] = {
    "FastAPI hello": hello,
    "redis.asyncio + response_model": own_endpoint,
    "AsyncResult": result_of_celery,
}


def main() -> None:
    """Serves the application that the first argument names; the second one is the store's URL."""
    name, url = sys.argv[1:]
    listening = bound("127.0.0.1", 0)
    sys.stderr.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    config = uvicorn.Config(PEERS[name](url), **OPTIONS)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
