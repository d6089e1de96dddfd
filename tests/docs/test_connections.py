"""What the page for operators says of connections to the store, counted at real processes."""

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import psutil
import pytest

from progress_backend.store.async_connection import CONNECTIONS
from tests.conftest import StartServer, StartService
from tests.docs.reading import text_of
from tests.integration.conftest import running, worker
from tests.integration.world import TIMEOUT_S, World
from tests.servers import Server
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.long]
SCALE = "docs/scale.md"
ENV: Final = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}


def shown(process: str) -> tuple[int, int]:
    """The page's figures for a process: at rest, and at most."""
    section = text_of(SCALE).partition("## Connections")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| (\d+) \|", section, re.MULTILINE)
    (found,) = [(int(rest), int(top)) for name, rest, top in rows if name == process]
    return found


@pytest.fixture
def store(start_server: StartServer) -> Server:
    """The records' own server: Celery's connections are elsewhere."""
    return start_server()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def counted(store: Server) -> Callable[[int], int]:
    """How many connections a process has to the store."""
    port = int(store.url.rpartition(":")[2].partition("/")[0])

    def count(pid: int) -> int:
        found = psutil.Process(pid).net_connections("tcp")
        here = [each for each in found if each.raddr and each.raddr.port == port]
        return sum(each.status == psutil.CONN_ESTABLISHED for each in here)

    return count


@pytest.fixture
def world(folder: Path, redis_url: str, store: Server) -> Iterator[World]:
    """The publishing side; broker and results are on another server."""
    urls = {"broker": redis_url, "results": redis_url, "store": store.url}
    with contextlib.closing(World(folder, **urls)) as world:
        yield world


def most(count: Callable[[], int], until: Callable[[], object]) -> int:
    """The largest count until something is so."""
    found = [count()]

    def over() -> object:
        found.append(count())
        return until()

    eventually(over, TIMEOUT_S)
    return max(found)


def test_a_worker_and_who_publishes(
    world: World, folder: Path, redis_url: str, store: Server, counted: Callable[[int], int]
) -> None:
    """At rest, under two jobs that report all the time, and as one of their processes is killed."""
    each = worker("counted", folder, redis_url, env={**ENV, "PROGRESS_REDIS_URL": store.url})
    with running(each):
        jobs = [world.send("updates") for _ in range(2)]
        for job in jobs:
            world.begun(job)
            world.go(job)
        pool = [world.gate.pids(job, "began")[0] for job in jobs]
        assert len(set(pool)) == 2
        main_rest, main_most = shown("a worker's main process")
        rest, top = shown("each process of its pool")
        published, most_published = shown("a process that publishes tasks")
        revision = world.record(jobs[0])["revision"]
        written = lambda: world.record(jobs[0])["revision"] > revision + 20  # noqa: E731 - waited for below
        assert rest <= most(lambda: max(map(counted, pool)), written) <= top
        # What a busy machine's store does not answer in time gives its connection up.
        eventually(lambda: counted(each.pid) == main_rest, TIMEOUT_S)

        def publishes() -> bool:
            """A publish that a busy machine's store does not answer in time gives its connection
            up; the next one opens another."""
            world.send("return")
            # One is the test's own, which reads the records.
            return published <= counted(os.getpid()) - 1 <= most_published

        eventually(publishes, TIMEOUT_S)

        os.kill(pool[0], signal.SIGKILL)
        lost = lambda: world.record(jobs[0])["status"] == "error"  # noqa: E731 - as above
        assert main_rest <= most(lambda: counted(each.pid), lost) <= main_most
        world.gate.mark(jobs[1], "enough")
        world.until(jobs[1], status="completed")


def test_the_api(start_service: StartService, store: Server, counted: Callable[[int], int]) -> None:
    """At rest, and under a hundred clients that create tasks at once."""
    command = [Path(sys.executable).parent / "progress-backend", "serve", "--port", "0"]
    api = start_service(command, env={**ENV, "PROGRESS_REDIS_URL": store.url})
    url = api.wait_for_log(r"progress-backend: (http://127\.0\.0\.1:\d+)").group(1)
    rest, top = shown("an API process")
    # A connection a request: one that is idle for long is closed by the server.
    with httpx.Client(
        base_url=url, timeout=60, trust_env=False, headers={"Connection": "close"}
    ) as client:
        eventually(lambda: client.get("/internal/health").is_success, TIMEOUT_S, what="healthy")
        eventually(lambda: counted(api.pid) == rest, TIMEOUT_S, what=f"{rest} connections")
        with ThreadPoolExecutor(100) as pool:
            options = {"json": {"task_type": "fetch_data", "total_items": 3}, "timeout": 30}
            create = partial(client.post, "/internal/create-task", **options)
            sent = [pool.submit(create) for _ in range(600)]
            found = most(lambda: counted(api.pid), lambda: all(each.done() for each in sent))
        # A busy machine's store may not answer all of them in time.
        assert 201 in {each.result().status_code for each in sent} <= {201, 503}
        assert rest < found <= top == CONNECTIONS + 3
