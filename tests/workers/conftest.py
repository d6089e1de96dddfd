"""The price source as a real process, and answers that it would never give."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from tests.conftest import end, flushed
from tests.fleet import Recorded
from tests.servers import Service, Worker

StartSource = Callable[..., str]
StartScripted = Callable[..., "Scripted"]


@pytest.fixture(scope="module")
def start_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartSource]:
    """Start the price source with these options (page_size=50); its URL. One that only gives pages
    is the module's."""
    started: list[Service] = []
    logs = tmp_path_factory.mktemp("sources")

    @cache
    def shared(**options: int) -> str:
        given = {"port": 0, "delay_ms": 0, **options}
        args = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        command = [sys.executable, "-m", "workers.price_source", *args]
        started.append(Service(command, log=logs / f"{len(started)}.log"))
        ready = started[-1].start().wait_for_log(r"^http://127\.0\.0\.1:\d+")
        return ready.group()

    def start(**options: int) -> str:
        alone = options.keys() - {"page_size"}
        return (shared.__wrapped__ if alone else shared)(**options)

    yield start
    end(started)


class Scripted(ThreadingHTTPServer):
    """Gives the next answer (status, body) of its script to each request, the last one for ever.

    None as an answer: it closes the connection without a word; "hang": it says nothing at all.
    """

    daemon_threads = True

    def __init__(self, *answers: tuple[int, str] | str | None) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers = list(answers)
        self.paths: list[str] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == "hang":
            self.server.ended.wait(60)
        elif isinstance(answer, tuple):
            status, body = answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

    def log_message(self, *_args: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def start_scripted() -> Iterator[StartScripted]:
    """Start a server that gives these answers only."""
    started: list[Scripted] = []

    def start(*answers: tuple[int, str] | str | None) -> Scripted:
        server = Scripted(*answers)
        started.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server

    yield start
    for server in started:
        server.ended.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'prices.db'}"


class Jobs(Recorded):
    """Sends the worker's tasks by name and reads their records, as another service would."""

    def __init__(self, url: str, database_url: str) -> None:
        self.url, self.database_url = url, database_url
        self.app = Celery(broker=url, backend=url, set_as_current=False)
        self.store = redis.Redis.from_url(url, decode_responses=True)

    def send(self, name: str, *args: Any, **kwargs: Any) -> str:
        """The task's id. Its AsyncResult would outlive the test's server and complain."""
        return str(self.app.send_task(name, args=args, kwargs=kwargs).id)

    def record(self, task_id: str) -> dict[str, Any]:
        return json.loads(self.store.get(f"task:{task_id}") or "{}")

    def result(self, task_id: str) -> dict[str, Any]:
        """What Celery itself keeps: status and result."""
        return json.loads(self.store.get(f"celery-task-meta-{task_id}") or "{}")


@pytest.fixture(scope="module")
def jobs(
    session_redis_url: str, start_source: StartSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Jobs]:
    """A worker of the module's own, with a source that takes its time and an empty file: each test
    takes other symbols."""
    url, folder = flushed(session_redis_url), tmp_path_factory.mktemp("jobs")
    database_url = f"sqlite:///{folder / 'prices.db'}"
    env = dict.fromkeys(["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL"], url)
    env |= {
        "PRICES_URL": start_source(page_size=25, delay_ms=100),
        "PRICES_DB_URL": database_url,
        "PROGRESS_UPDATE_INTERVAL_S": "0.05",
    }
    worker = Worker("workers.app", log=folder / "worker.log", concurrency=2, env=env)
    jobs = Jobs(url, database_url)
    try:
        worker.start()
        yield jobs
    finally:
        end([worker])
        jobs.store.close()
        jobs.app.close()
