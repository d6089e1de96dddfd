"""What the API is compared with, as a process of its own: `python -m tests.benchmarks.http_peers`.

Every application runs under uvicorn with the options of the API, and says its address.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio
import uvicorn
from fastapi import FastAPI, Response

from progress_backend.flows.keys import Keys
from progress_backend.web.server.serve import OPTIONS, bound, connection_classes

#: What stands in the log of a process that listens.
LISTENS = r"http://127\.0\.0\.1:(\d+)"


def hello(_: str) -> FastAPI:
    """As small as a FastAPI application can be."""
    app = FastAPI()

    @app.get("/hello")
    async def say() -> dict[str, str]:
        return {"message": "hello"}

    return app


def one_get(url: str) -> FastAPI:
    """A FastAPI route that answers with a document of the store, one GET a request."""
    app = FastAPI()
    pool = redis.asyncio.BlockingConnectionPool.from_url(url, max_connections=64)
    client = redis.asyncio.Redis.from_pool(pool)

    @app.get("/internal/task/{task_id}/status")
    async def read(task_id: str) -> Response:
        document = await client.get(f"task:{task_id}")
        return Response(document, 404 if document is None else 200, media_type="application/json")

    return app


def index_and_mget(base: str) -> FastAPI:
    """A FastAPI route that reads a page of an index and its documents: nothing else of a list.

    `store` is the number of the database.
    """
    app = FastAPI()
    keys = Keys()
    clients: dict[int, redis.asyncio.Redis] = {}

    @app.get("/internal/tasks")
    async def read(
        store: int,
        page: int = 1,
        limit: int = 20,
        status: str | None = None,
        task_type: str | None = None,
        symbol: str | None = None,
    ) -> Response:
        if store not in clients:
            clients[store] = redis.asyncio.Redis.from_url(f"{base}/{store}")
        start = (page - 1) * limit
        index = keys.index(status, task_type, symbol)
        ids = await clients[store].zrevrange(index, start, start + limit - 1)
        documents = await clients[store].mget([keys.task(task_id.decode()) for task_id in ids])
        return Response(b'{"tasks":[%b]}' % b",".join(documents), media_type="application/json")

    return app


def bare(_: str) -> Callable[..., Awaitable[None]]:
    """An ASGI application without a framework: what is left is uvicorn."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"19")]

    async def app(scope: Any, _: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        assert scope["type"] == "http", "uvicorn goes on when a lifespan is not known"
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"message":"hello"}'})

    return app


PEERS: dict[str, Callable[[str], Any]] = {
    made.__name__: made for made in (hello, one_get, index_and_mget, bare)
}


def main() -> None:
    """Serves the application that the first argument names; the second one is the store's URL."""
    name, url = sys.argv[1:]
    made: Callable[..., Any] = PEERS[name](url)
    listening = bound("127.0.0.1", 0)
    sys.stderr.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    uvicorn.Server(uvicorn.Config(made, **OPTIONS, **connection_classes())).run(sockets=[listening])


if __name__ == "__main__":
    main()
