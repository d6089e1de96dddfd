"""The command's own process, over stdin and stdout and over HTTP; with a worker that is killed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.mcp.system import BOT, EYES, PROGRAM, System, address
from tests.ports import free_port
from tests.servers import Service

pytestmark = [pytest.mark.integration]


@asynccontextmanager
async def over_http(door: Service, token: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        yield Client(streamable_http_client(address(door), http_client=http))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_that_waits_reads_that_the_worker_was_killed(
    system: System, mode: str
) -> None:
    async with system.over_stdio(mode) as client:
        call = asyncio.ensure_future(client.call_tool("shop_fetch", {"seconds": 600}))
        await asyncio.to_thread(system.worker.wait_for_log, "received")
        rows = (await client.call_tool("jobs", {})).structured_content["jobs"]
        system.worker.kill()
        lost = await call
        assert lost.structured_content["job"] == rows[0]["job"]
        # The broker still has the message until its visibility timeout.
        while (body := lost.structured_content)["status"] != "error":
            lost = await client.call_tool("job", {"id": body["job"], "wait": 5})
    assert body["error_cause"] in ("lost", "worker_lost")
    line = f"job {body['job']}: error ({body['error_cause']})"
    assert lost.content[0].text == (line if body["final"] else f"{line}; it may still run again")


async def test_the_api_goes_away_and_comes_back(system: System) -> None:
    async with system.over_stdio() as client:
        await client.list_tools()  # as agents do; else the client lists after a call
        call = asyncio.ensure_future(client.call_tool("shop_fetch", {"seconds": 600}))
        await asyncio.to_thread(system.api.wait_for_log, '"answer": 202')
        system.api.kill()
        begun = await call
        assert (begun.is_error, "unread" in begun.structured_content) == (False, True)
        system.api.start(ready="progress-backend: http")
        its = {"id": begun.structured_content["job"]}
        ended = await client.call_tool("cancel_job", its)
        assert ended.structured_content["status"] == "cancelled"


def test_stdout_has_the_protocol_alone() -> None:
    args = [PROGRAM, "mcp", "--url", f"http://127.0.0.1:{free_port()}"]
    with subprocess.Popen(
        args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        hello = {"capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
        hello["protocolVersion"] = "2025-11-25"
        lines = ['{"jsonrpc": "2.0", "method": "notifications/initialized"}', "no JSON"]
        for number, (method, params) in enumerate(
            [("initialize", hello), ("tools/list", {}), ("tools/call", {"name": "job"}), ("x", {})]
        ):
            asked = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            lines.insert(2 * number, json.dumps(asked))
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.flush()
        answers = {}
        while len(answers) < 4:
            answer = json.loads(process.stdout.readline())
            answers[answer.get("id")] = answer
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait(60) == 0
    assert answers[0]["result"]["serverInfo"]["name"] == "progress-backend"
    assert answers[1]["error"]["code"] == -32603
    assert answers[2]["result"]["isError"]
    assert answers[3]["error"]["code"] == -32601


async def test_each_request_over_http_has_its_own_token(system: System, door: Service) -> None:
    async with over_http(door, BOT) as one, over_http(door, EYES) as other, one, other:
        seen = [{tool.name for tool in (await c.list_tools()).tools} for c in (one, other)]
        assert "shop_fetch" in seen[0] - seen[1]
        done = await one.call_tool("shop_fetch", {"seconds": 0})
        assert done.structured_content["status"] == "completed"
        refused = await other.call_tool("cancel_job", {"id": done.structured_content["job"]})
        assert refused.is_error
    http, known = httpx2.AsyncClient(), {"Authorization": f"Bearer {BOT}"}
    for headers, status in (
        ({}, 401),
        ({**known, "Host": "evil.example"}, 421),
        ({**known, "Origin": "http://evil.example"}, 403),
    ):
        answer = await http.post(address(door), json={}, headers=headers)
        assert answer.status_code == status
    await http.aclose()


def test_other_machines_reach_no_api_without_tokens(redis_url: str, tmp_path: Path) -> None:
    env = {"PROGRESS_REDIS_URL": redis_url}
    port = str(free_port())
    api = Service([PROGRAM, "serve", "--port", port], log=tmp_path / "api.log", env=env)
    api.start(ready="progress-backend: http")
    args = [PROGRAM, "mcp", "--url", f"http://127.0.0.1:{port}", "--http", "0.0.0.0:0"]
    done = subprocess.run(args, capture_output=True, timeout=60)
    assert done.returncode == 1
    api.stop()


@pytest.mark.parametrize("package", ["web", "tracking", "cli"])
def test_nothing_else_imports_the_sdk(package: str) -> None:
    code = f"import sys, progress_backend.{package}; print('mcp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False"]
