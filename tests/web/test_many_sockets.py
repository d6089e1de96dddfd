"""A thousand sockets at a real server, which was started with the usual limit of open files."""

from __future__ import annotations

import json
import re
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis

from tests.conftest import StartServer, StartService
from tests.records import Records
from tests.waiting import eventually
from tests.web.test_serve import READY

SOCKETS = 1_000
CODE = """
import resource, sys
from progress_backend.settings import Settings
from progress_backend.web.server.serve import serve
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
serve(Settings(redis_url=sys.argv[1]), port=0)
"""


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * SOCKETS), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def opened(port: int, path: str) -> socket.socket:
    """A connection that asked for a WebSocket."""
    one = socket.create_connection(("127.0.0.1", port), 30)
    one.sendall(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    return one


def told(one: socket.socket) -> dict[str, object]:
    """The next message, which comes alone; the answer to the handshake before it is left out."""
    data = b""
    while not data.endswith(b"}"):
        more = one.recv(65_536)
        assert more, data
        data += more
    assert re.search(rb"\x81\x7e..\{", data, re.DOTALL)
    message: dict[str, object] = json.loads(data[data.index(b"{") :])
    return message


@pytest.mark.wide
def test_sockets_that_open_at_once(
    many_files: None, start_server: StartServer, start_service: StartService
) -> None:
    server = start_server()
    records = Records(server.url)
    for number in range(0, SOCKETS, 10):
        records.start(f"job-{number}")
    service = start_service([sys.executable, "-c", CODE, server.url])
    port = int(service.wait_for_log(READY)[1].rpartition(":")[2])
    with ExitStack() as stack, redis.Redis.from_url(server.url) as client:
        watchers = [
            stack.enter_context(opened(port, f"/internal/ws/task/job-{number // 10 * 10}"))
            for number in range(SOCKETS)
        ]
        for number, one in enumerate(watchers):
            assert told(one)["task_id"] == f"job-{number // 10 * 10}"
        # One connection hears for all of them, and few more asked.
        assert len(client.client_list(_type="pubsub")) == 1
        assert len(client.client_list(_type="normal")) < 40
        for current in (1, 2):
            records.progress("job-500", current)
            for one in watchers[500:510]:
                assert told(one)["progress"] == {
                    "current": current,
                    "total": 252,
                    "percentage": 0.3 if current == 1 else 0.7,
                }
    eventually(lambda: not_watched(server.url), 20)


def not_watched(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        return not client.pubsub_channels()
