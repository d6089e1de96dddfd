"""The price source as a real process, and answers that it would never give."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import end
from tests.servers import Service

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
            self.server.ended.wait(30)
        elif isinstance(answer, tuple):
            status, body = answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

    def log_message(self, *_args: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def start_scripted() -> Iterator[StartScripted]:
    """Start a server that gives just these answers."""
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
