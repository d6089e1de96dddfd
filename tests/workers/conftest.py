"""The price source as a real process, and answers that it would never give."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from tests.answering import answer, answering
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
        return started[-1].start().wait_for_log(r"^http://127\.0\.0\.1:\d+").group()

    def start(**options: int) -> str:
        alone = options.keys() - {"page_size"}
        return (shared.__wrapped__ if alone else shared)(**options)

    yield start
    end(started)


class Scripted:
    """Gives the next answer (status, body) of its script to each request, the last one for ever.

    None as an answer: it closes the connection without a word; "hang": it says nothing at all.
    """

    def __init__(self, *answers: tuple[int, str] | str | None) -> None:
        self.url = ""
        self.answers = list(answers)
        self.paths: list[str] = []
        self.ended = threading.Event()

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        self.paths.append(request.path)
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if given == "hang":
            self.ended.wait(60)
        elif isinstance(given, tuple):
            answer(request, given[0], given[1].encode())


@pytest.fixture
def start_scripted() -> Iterator[StartScripted]:
    """Start a server that gives these answers only."""
    with ExitStack() as stack:

        def start(*answers: tuple[int, str] | str | None) -> Scripted:
            scripted = Scripted(*answers)
            scripted.url = stack.enter_context(answering(GET=scripted))
            stack.callback(scripted.ended.set)
            return scripted

        yield start


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
