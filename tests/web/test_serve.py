"""The API as a process: how it starts, what it says when it can't, how it ends."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest
import redis
import websockets

from progress_backend import tokens
from progress_backend.web.server.serve import bound, connection_classes
from tests.conftest import StartServer, StartService
from tests.servers import Service
from tests.waiting import eventually
from tests.web.test_websockets import closed, said

CODE = """
import sys
from pathlib import Path
from progress_backend.settings import Settings
from progress_backend.web.server.serve import serve
serve(Settings(redis_url=sys.argv[1] or None), port=int(sys.argv[2]))
"""
READY = r"progress-backend: (http://127\.0\.0\.1:\d+)"


def command(url: str, port: int = 0) -> list[str]:
    return [sys.executable, "-c", CODE, url, str(port)]


def served(start: StartService, url: str) -> tuple[Service, str]:
    service = start(command(url))
    address = service.wait_for_log(READY).group(1)
    eventually(lambda: answers(f"{address}/internal/health/live"), 20)
    return service, address


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_it_serves_and_ends_at_once(start_service: StartService, redis_url: str) -> None:
    service, address = served(start_service, redis_url)
    assert httpx.get(f"{address}/internal/tasks", trust_env=False).status_code == 200
    service.signal(signal.SIGTERM)
    assert service.wait(10) in (0, -signal.SIGTERM)
    assert "Traceback" not in service.log


def test_what_was_there_at_the_start_is_not_collected_again(
    start_service: StartService, redis_url: str
) -> None:
    said = "signal.signal(signal.SIGUSR1, lambda *_: print('frozen', gc.get_freeze_count()))"
    code = f"import gc, signal\n{said}\n{CODE}"
    service = start_service([sys.executable, "-c", code, redis_url, "0"])
    address = service.wait_for_log(READY).group(1)
    eventually(lambda: answers(f"{address}/internal/health/live"), 20)
    service.signal(signal.SIGUSR1)
    assert int(service.wait_for_log(r"frozen (\d+)").group(1)) > 10_000


def test_each_of_its_lines_has_time_and_level_and_one_is_of_a_redis_that_deletes_records(
    start_service: StartService, start_server: StartServer
) -> None:
    server = start_server()
    with redis.Redis.from_url(server.url) as raw:
        raw.config_set("maxmemory-policy", "volatile-lru")
    program = Path(sys.executable).parent / "progress-backend"
    env = {"PROGRESS_REDIS_URL": server.url}
    service = start_service([program, "serve", "--port", "0"], env=env)
    address = service.wait_for_log(READY).group(1)
    service.wait_for_log("Redis deletes records when .* volatile-lru; set it to noeviction", 20)
    new = {"task_type": "t", "total_items": 1}
    sent = httpx.post(f"{address}/internal/create-task", json=new, trust_env=False)
    assert sent.status_code == 201
    server.stop()
    service.wait_for_log("the progress store does not answer|no updates from Redis", 20)
    service.signal(signal.SIGTERM)
    service.wait(10)
    _, *lines = service.log.splitlines()
    timed = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (INFO|WARNING|ERROR) [\w.]+: "
    assert [line for line in lines if not re.match(timed, line)] == []
    assert len([line for line in lines if "deletes records" in line]) == 1
    assert [line for line in lines if "INFO progress_backend.audit" in line]


def test_a_port_in_use_gets_one_line(start_service: StartService, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = start_service(command(redis_url, port))
        assert service.wait(20) == 1
    line = f"progress-backend: port {port} of 127.0.0.1 is in use; stop what listens there or pass"
    assert service.log.startswith(line)
    assert service.log.count("\n") == 1


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid"])
def test_an_address_of_somebody_else_gets_one_line(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        bound(host, 0)
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith(f"progress-backend: cannot listen on {host}:0: ")
    assert said.count("\n") == 1


def test_no_store_gets_one_line(start_service: StartService) -> None:
    service = start_service(command(""))
    assert service.wait(20) == 1
    assert service.log.startswith("progress-backend: no store: set PROGRESS_REDIS_URL")
    assert service.log.count("\n") == 1


def test_a_store_that_is_away_gets_one_line(
    start_service: StartService, start_server: StartServer
) -> None:
    server = start_server()
    server.stop()
    service, address = served(start_service, server.url)
    service.wait_for_log(r"Error 111 connecting to")
    assert httpx.get(f"{address}/internal/tasks", trust_env=False).status_code == 503
    assert service.log.count("\n") == 2, service.log
    server.start()
    eventually(lambda: answers(f"{address}/internal/health"), 15)


async def test_an_ending_process_sends_watchers_away_for_a_while(
    start_service: StartService, redis_url: str
) -> None:
    service, address = served(start_service, redis_url)
    body = {"task_type": "t", "total_items": 1}
    created = httpx.post(f"{address}/internal/create-task", json=body, trust_env=False).json()
    url = f"{address.replace('http', 'ws')}/internal/ws/task/{created['task_id']}"
    async with websockets.connect(url, proxy=None) as one:
        await said(one)
        service.signal(signal.SIGTERM)
        assert await closed(one) == 1012
        await asyncio.to_thread(service.wait, 10)
    assert "Traceback" not in service.log


@pytest.mark.parametrize(("trusted", "wanted"), [(None, 201), ("10.0.0.1", 403)])
def test_proxies_are_those_that_it_was_told_of(
    start_service: StartService, redis_url: str, trusted: str | None, wanted: int
) -> None:
    command = [Path(sys.executable).parent / "progress-backend", "serve", "--port", "0"]
    env = {"PROGRESS_REDIS_URL": redis_url}
    if trusted is not None:
        env["FORWARDED_ALLOW_IPS"] = trusted
    service = start_service(command, env=env)
    address = service.wait_for_log(READY).group(1)
    eventually(lambda: answers(f"{address}/internal/health/live"), 20)
    headers = {"Origin": "https://tasks.example.com", "X-Forwarded-Host": "tasks.example.com"}
    body = {"task_type": "t", "total_items": 1}
    url = f"{address}/internal/create-task"
    answer = httpx.post(url, json=body, headers=headers, trust_env=False)
    assert answer.status_code == wanted
    # It knows where it listens.
    named = httpx.get(f"{address}/internal/tasks", headers={"Host": "evil.test"}, trust_env=False)
    assert named.status_code == 403


def test_another_uvicorn_serves_with_its_own_connections(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As after an upgrade that took away what ours are made from."""
    for name in ("http_connection", "websocket_connection"):
        monkeypatch.delitem(sys.modules, f"progress_backend.web.server.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn.protocols.http.httptools_impl", None)
    assert connection_classes() == {}
    assert "only uvicorn's own bounds" in caplog.text


@pytest.mark.parametrize("way", ["serve", "module"])
def test_where_others_reach_it_nothing_is_served_without_tokens(
    start_service: StartService, redis_url: str, tmp_path: Path, way: str
) -> None:
    text, made = tokens.new("one", "read")

    def start(*words: str, **env: str) -> Service:
        given = {"PROGRESS_REDIS_URL": redis_url, **env}
        if way == "module":
            given |= {"API_HOST": "0.0.0.0", "API_PORT": "0"}
            return start_service([sys.executable, "-m", "api.app", *words], env=given)
        run = [Path(sys.executable).parent / "progress-backend", "serve", "--host", "0.0.0.0"]
        return start_service([*run, "--port", "0", *words], env=given)

    refused = start()
    assert refused.wait(20) == 1
    assert refused.log.startswith("progress-backend: others reach 0.0.0.0, and nobody")
    assert "progress-backend token new" in refused.log
    assert "--insecure" in refused.log
    assert refused.log.count("\n") == 1
    path = tmp_path / "tokens"
    tokens.write_file(path, [made])
    ways = [
        (start("--insecure"), 200),
        (start(PROGRESS_TOKENS=made.line()), 401),
        (start("--insecure", PROGRESS_TOKENS_FILE=str(path)), 401),
    ]
    for service, nobody in ways:
        port = service.wait_for_log(r"progress-backend: http://0\.0\.0\.0:(\d+)").group(1)
        address = f"http://127.0.0.1:{port}"
        eventually(lambda at=address: answers(f"{at}/internal/health/live"), 20)
        url = f"{address}/internal/tasks"
        assert httpx.get(url, trust_env=False).status_code == nobody
        sent = {"Authorization": f"Bearer {text}"}
        assert httpx.get(url, trust_env=False, headers=sent).status_code == 200
        service.signal(signal.SIGTERM)
        assert service.wait(10) in (0, -signal.SIGTERM)
        assert text not in service.log


def test_a_token_that_cannot_be_used_gets_one_line(
    start_service: StartService, redis_url: str
) -> None:
    env = {"PROGRESS_REDIS_URL": redis_url, "PROGRESS_TOKENS": "one read plain-text"}
    service = start_service([sys.executable, "-m", "api.app"], env=env)
    assert service.wait(20) == 1
    assert service.log.startswith("progress-backend: the line of token one has to be NAME")
    assert "plain-text" not in service.log
    assert service.log.count("\n") == 1
