"""How much memory processes take of what has a bound; prints it:

python -m tests.chaos.memory
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import httpx
import psutil

from progress_backend import tokens
from progress_backend.embedded import EmbeddedServer
from progress_backend.flows.gather import together
from progress_backend.record import events as ev
from progress_backend.runs.outbox import Outbox
from progress_backend.runs.sender import MOST_KEPT, MOST_KEPT_BYTES
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.web.server.http_connection import MAX_HEAD
from tests.benchmarks.http_peers import LISTENS
from tests.servers import Service

MIB = 1024 * 1024
SERVE = "from progress_backend.cli import main; main()"
IDENTITY = ev.Identity("fetch_data", symbol="7203.T")
#: A chunked body whose trailers do not end, and a head that does not.
CHUNKED = b"POST /internal/create-task HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED += b"Transfer-Encoding: chunked\r\n\r\n"
TRAILERS = [CHUNKED + b"0\r\n", *[b"A: b\r\n" * 10_000] * 1_000]
HALF = [CHUNKED[:-2] + b"A: " + b"b" * (MAX_HEAD - 1_000)]
CONNECTIONS = 200
#: Waiting tasks that are read with their place, and the bytes that each has.
TASKS, TASK_BYTES = 1_200, 100_000


def main() -> None:
    print(f"load average {os.getloadavg()[0]:.1f}")
    ends, publishes = (400, 1_000_000), (9_000, 0)
    for number, size in (ends, publishes):
        # In a process of its own, which has no room left over from what was measured before.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            grown = process.submit(outbox, number, size).result()
        what = f"ends of {size / 1e6:g} MB" if size else "publishes"
        print(f"outbox of {number} {what}: {grown / MIB:.1f} MiB more")
    with EmbeddedServer() as server, tempfile.TemporaryDirectory() as folder:
        text, token = tokens.new("reader", "read")
        service = Service(
            [sys.executable, "-c", SERVE, "serve", "--port", "0"],
            log=Path(folder) / "api.log",
            env={"PROGRESS_TOKENS": token.line(), "PROGRESS_REDIS_URL": server.url},
        )
        try:
            port = int(service.start().wait_for_log(LISTENS).group(1))
            api(service.pid, port, server.url, text)
        finally:
            service.stop()


def outbox(number: int, size: int) -> int:
    """By how many bytes this process grows with so many ends of a size, or publishes."""
    kept = Outbox(MOST_KEPT, MOST_KEPT_BYTES)
    before = rss()
    for one in range(number):
        end = ev.Completed(results={"text": "x" * size}) if size else None
        kept.keep(None, f"t{one}", end or ev.Created(identity=IDENTITY))
    return rss() - before


def api(pid: int, port: int, url: str, token: str) -> None:
    httpx.get(f"http://127.0.0.1:{port}/internal/health/live")  # what the first request loads
    before = rss(pid)
    with contextlib.suppress(ConnectionError), send(port, TRAILERS) as connection:
        connection.recv(1)
    print(f"API of {before / MIB:.0f} MiB, trailers: {(rss(pid) - before) / MIB:.1f} MiB more")
    before = rss(pid)
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(send(port, HALF))
        httpx.get(f"http://127.0.0.1:{port}/internal/health/live")  # they have been read by then
        grown = (rss(pid) - before) / CONNECTIONS
        print(f"{CONNECTIONS} connections with half a head: {grown / 1024:.0f} KiB more each")
    names = [f"t{number}" for number in range(TASKS)]
    large = ev.Created(identity=IDENTITY._replace(metadata={"text": "x" * TASK_BYTES}))
    with Store(Settings(redis_url=url)) as store:
        store.ready()
        store.run(together([store.flows.apply(one, (large,), store.now()) for one in names]))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        client.get("/internal/task/t0/status").raise_for_status()
        before = rss(pid)
        for one in names:
            client.get(f"/internal/task/{one}/status").raise_for_status()
    asked = TASKS * TASK_BYTES / MIB
    print(f"places of waiting tasks of {asked:.0f} MiB: {(rss(pid) - before) / MIB:.1f} MiB more")


def send(port: int, parts: list[bytes]) -> socket.socket:
    """A connection that has sent this, as far as it was let."""
    connection = socket.create_connection(("127.0.0.1", port))
    for part in parts:
        connection.sendall(part)
    return connection


def rss(pid: int | None = None) -> int:
    return int(psutil.Process(pid).memory_info().rss)


if __name__ == "__main__":
    main()
