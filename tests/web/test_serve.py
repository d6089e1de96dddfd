"""The API as a process: how it starts, what it says when it can't, how it ends."""

import asyncio
import re
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import websockets
from fastapi import FastAPI

from progress_backend.credentials import tokens
from progress_backend.settings import Settings
from progress_backend.web import create_app
from progress_backend.web.server import serve as module
from progress_backend.web.server.serve import bound, connection_classes, serve, serve_app
from tests.conftest import StartServer, StartService
from tests.servers import Service
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.test_websockets import closed, received

CODE = """
import resource, sys
from progress_backend.settings import Settings
from progress_backend.web.server.serve import serve
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
serve(Settings(redis_url=sys.argv[1]), port=0)
"""
READY = r"progress-backend: (http://127\.0\.0\.1:\d+)"
NEW = {"task_type": "t", "total_items": 1}


def of_a_proxy(address: str) -> dict[str, str]:
    """Headers of a page without TLS behind a proxy with it: of another origin, if the proxy is
    trusted."""
    return {"Origin": address, "X-Forwarded-Proto": "https"}


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def ready(service: Service) -> str:
    address = service.wait_for_log(READY).group(1)
    eventually(lambda: answers(f"{address}/internal/health/live"))
    return address


async def test_it_serves_and_ends_at_once(start_service: StartService, redis_url: str) -> None:
    service = start_service([sys.executable, "-c", CODE, redis_url])
    address = await asyncio.to_thread(ready, service)
    if hasattr(resource, "prlimit"):  # Linux
        soft, _ = resource.prlimit(service.pid, resource.RLIMIT_NOFILE)
        assert soft > 256, "each socket is an open file, and the usual limit is low"
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as http:
        # A proxy on this machine is trusted.
        headers = of_a_proxy(address)
        refused = await http.post("/internal/create-task", json=NEW, headers=headers)
        assert refused.status_code == 403
        made = await http.post("/internal/create-task", json=NEW)
        path = f"task/{made.json()['task_id']}"
        url = f"{address.replace('http', 'ws')}/internal/ws/{path}"
        async with (
            websockets.connect(url, proxy=None) as one,
            http.stream("GET", f"/internal/{path}/events") as stream,
        ):
            await received(one)
            lines = stream.aiter_lines()
            assert await anext(lines)
            service.signal(signal.SIGTERM)
            assert await closed(one) == 1012
            assert [line async for line in lines]  # to its end, not cut off within a chunk
        assert await asyncio.to_thread(service.wait) in (0, -signal.SIGTERM)
    assert "Traceback" not in service.log
    assert "Cancel" not in service.log


def test_each_of_its_lines_has_time_and_level_and_one_is_of_a_redis_that_deletes_records(
    start_service: StartService, start_server: StartServer
) -> None:
    server = start_server()
    with redis.Redis.from_url(server.url) as raw:
        raw.config_set("maxmemory-policy", "volatile-lru")
    program = Path(sys.executable).parent / "progress-backend"
    env = {"PROGRESS_REDIS_URL": server.url, "FORWARDED_ALLOW_IPS": "10.0.0.1"}
    service = start_service([program, "serve", "--port", "0"], env=env)
    address = service.wait_for_log(READY).group(1)
    service.wait_for_log("Redis deletes records when .* volatile-lru; set it to noeviction")
    sent = httpx.post(f"{address}/internal/create-task", json=NEW, timeout=60, trust_env=False)
    assert sent.status_code == 201
    # It trusts only the proxy that is set, and knows where it listens.
    for headers, status in ((of_a_proxy(address), 201), ({"Host": "evil.test"}, 403)):
        url = f"{address}/internal/create-task"
        answer = httpx.post(url, json=NEW, headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == status
    server.stop()
    service.wait_for_log("the progress store does not answer|no updates from Redis")
    service.signal(signal.SIGTERM)
    service.wait(60)
    _, *lines = service.log.splitlines()
    timed = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING|ERROR) [\w.]+: "
    assert [line for line in lines if not re.match(timed, line)] == []
    assert len([line for line in lines if "deletes records" in line]) == 1
    assert [line for line in lines if "INFO progress_backend.audit" in line]


@pytest.fixture
def one_line(capsys: pytest.CaptureFixture[str]) -> Any:
    """What a call that ends with exit code 1 says: one line."""

    def of(call: Any, *given: Any, **options: Any) -> str:
        with pytest.raises(SystemExit) as end:
            call(*given, **options)
        assert end.value.code == 1
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert line.startswith("progress-backend: ")
        return line.removeprefix("progress-backend: ")

    return of


def test_a_port_in_use_gets_one_line(one_line: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        why = one_line(serve, Settings(redis_url="redis://127.0.0.1:1"), port=port)
    assert why.startswith(f"port {port} of 127.0.0.1 is in use; stop what listens there or pass")


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_an_address_of_another_host_gets_one_line(host: str, one_line: Any) -> None:
    assert one_line(bound, host, 0).startswith(f"cannot listen on {host}:0: ")


def test_no_store_gets_one_line(one_line: Any) -> None:
    assert one_line(serve, Settings()).startswith("no store: set PROGRESS_REDIS_URL")


def test_a_token_that_cannot_be_used_gets_one_line(one_line: Any) -> None:
    settings = Settings(redis_url="redis://127.0.0.1:1", tokens=("one read plain-text",))
    why = one_line(serve, settings)
    assert why.startswith("the line of token one has to be NAME")
    assert "plain-text" not in why


def test_another_uvicorn_serves_with_its_own_connections(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As after an upgrade that took away what ours are made from."""
    for name in ("http_connection", "websocket_connection"):
        monkeypatch.delitem(sys.modules, f"progress_backend.web.server.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn.protocols.http.httptools_impl", None)
    assert connection_classes() == {}
    assert "only uvicorn's own bounds" in caplog.text


def test_ctrl_c_is_no_failure(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Any, sockets: list[socket.socket]) -> None:
        sockets[0].close()
        raise KeyboardInterrupt

    monkeypatch.setattr(module._Server, "run", interrupted)
    serve_app(create_app(Settings(redis_url=redis_url)), "127.0.0.1", 0)


def test_where_others_reach_it_nothing_is_served_without_tokens(
    start_api: StartApi,
    redis_url: str,
    tmp_path: Path,
    one_line: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process itself: tests/api."""
    text, made = tokens.new("one", "read")
    tokens.write_file(path := tmp_path / "tokens", [made])
    monkeypatch.setattr(module._Server, "run", lambda _, sockets: sockets[0].close())

    def app(**more: Any) -> FastAPI:
        return create_app(Settings(redis_url=redis_url, **more))

    refused = one_line(serve_app, app(), "0.0.0.0", 0)
    assert refused.startswith("other machines reach 0.0.0.0, and no token")
    assert "progress-backend token new" in refused
    assert "--insecure" in refused
    for served, insecure, anonymous in (
        (app(), True, 200),
        (app(tokens=(made.line(),)), False, 401),
        (app(tokens_file=str(path)), True, 401),
    ):
        serve_app(served, "0.0.0.0", 0, insecure=insecure)
        api = start_api(served)
        assert api.http.get("/internal/tasks").status_code == anonymous
        sent = {"Authorization": f"Bearer {text}"}
        assert api.http.get("/internal/tasks", headers=sent).status_code == 200
