"""The command's own process, over stdin and stdout and over HTTP; with a worker that is killed."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import psutil
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from progress_backend.credentials import tokens
from progress_backend.mcp import tasks
from tests.conftest import StartServer
from tests.mcp.system import ANN, BOT, EYES, OPS, PROGRAM, Stdio, System, address
from tests.ports import free_port
from tests.servers import Service
from tests.waiting import eventually

pytestmark = [pytest.mark.integration]

VERSION = "2026-07-28"


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
        rows = [{"status": "created"}]
        while rows[0]["status"] != "running":  # a run that has not begun would not be found lost
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
    stdio = Stdio("--url", f"http://127.0.0.1:{free_port()}")
    used = psutil.Process(stdio.process.pid).cpu_times()
    assert stdio.hello["result"]["serverInfo"]["name"] == "progress-backend"
    assert used.user + used.system < 2.5  # seconds; what it waits for a busy machine is not counted
    stdio.write("no JSON")
    assert stdio.ask("tools/list", {})["error"]["code"] == -32603
    assert stdio.call("job")["result"]["isError"]
    assert stdio.ask("x", {})["error"]["code"] == -32601
    stdio.end()


def test_without_redis_or_the_broker_a_call_is_an_error(
    start_server: StartServer, tmp_path: Path
) -> None:
    store, broker = start_server(), start_server()
    system = System(tmp_path, store.url, broker.url)
    system.api.start(ready="progress-backend: http")
    stdio = Stdio("--url", system.url)
    broker.kill()
    assert stdio.call("slow_compute", seconds=0)["error"]["code"] == -32603
    listed = stdio.call("jobs")["result"]["structuredContent"]["jobs"]
    assert {job["status"] for job in listed} <= {"created", "error"}
    store.kill()
    assert stdio.call("jobs")["error"]["code"] == -32603
    store.start()
    eventually(lambda: "result" in stdio.call("jobs"), what="the store is back")
    stdio.end()
    system.api.stop()


def test_the_same_request_twice_starts_one_job(system: System) -> None:
    stdio = Stdio(*system.args[1:])
    params = {"name": "slow_compute", "arguments": {"seconds": 0.1}}
    for number in (7, 7, 8):
        assert stdio.ask("tools/call", params, number)["id"] == number
    assert len(stdio.call("jobs")["result"]["structuredContent"]["jobs"]) == 2
    stdio.end()


def test_two_jobs_with_similar_names_are_two_tools(system: System) -> None:
    stdio = Stdio(*system.args[1:])
    listed = [tool["name"] for tool in stdio.ask("tools/list", {})["result"]["tools"]]
    names = [name for name in listed if name.startswith("shop_sum_")]
    done = [stdio.call(name)["result"]["structuredContent"] for name in names]
    assert sorted(one["task_type"] for one in done) == ["shop.sum", "shop/sum"]
    stdio.end()


def test_a_stack_is_read_with_the_right_to_it_alone(system: System) -> None:
    starts, reads = (
        Stdio(*system.args[1:], "--stacks"),
        Stdio(*system.args[1:], "--stacks", token=OPS),
    )
    params = {"name": "shop_fetch", "arguments": {"seconds": 600}}
    starts.write({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": params})
    system.worker.wait_for_log("received")
    (job,) = reads.call("jobs")["result"]["structuredContent"]["jobs"]
    eventually(
        lambda: (
            reads.call("job", id=job["job"])["result"]["structuredContent"]["status"] == "running"
        )
    )
    refused = starts.call("stack", 10, id=job["job"])
    assert refused["result"]["structuredContent"] == {"status": 504}
    found = reads.call("stack", id=job["job"])["result"]
    assert "fetch" in json.dumps(found["structuredContent"]["frames"])
    assert not reads.call("cancel_job", id=job["job"])["result"]["isError"]
    starts.read()  # the job's end
    for one in (starts, reads):
        one.end()


class Http:
    """Requests of a client that declares the tasks extension, as they are on the wire."""

    def __init__(self, door: Service) -> None:
        self._door = door

    def ask(
        self, method: str, name: str, params: Any, *, token: str = BOT, declares: bool = True
    ) -> Any:
        capabilities = {"extensions": {tasks.ID: {}}} if declares else {}
        meta = {
            types.PROTOCOL_VERSION_META_KEY: VERSION,
            types.CLIENT_CAPABILITIES_META_KEY: capabilities,
        }
        meta[types.CLIENT_INFO_META_KEY] = {"name": "x", "version": "1"}
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": VERSION,
            "Mcp-Method": method,
            "Mcp-Name": name,
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
        answer = httpx2.post(address(self._door), json=body, headers=headers, timeout=60).text
        return json.loads(answer.partition("data: ")[2] or answer)

    def task(self, seconds: float) -> str:
        given = {"name": "slow_compute", "arguments": {"seconds": seconds}}
        return str(self.ask("tools/call", "slow_compute", given)["result"]["taskId"])

    def get(self, job: str, **how: Any) -> Any:
        return self.ask("tasks/get", how.pop("name", job), {"taskId": job}, **how)


def test_a_task_is_read_by_its_own_request_alone(system: System, door: Service) -> None:
    http = Http(door)
    job = http.task(600)
    assert http.get(job)["result"]["status"] == "working"
    assert http.get(job, name="another")["error"]["code"] == -32020
    assert http.get(job, declares=False)["error"]["code"] == -32021
    foreign, unknown = http.get(job, token=ANN)["error"], http.get("never")["error"]
    assert (foreign, foreign["code"]) == (unknown, -32602)
    door.stop()
    door.start(ready="running on")  # between two polls
    assert http.get(job)["result"]["status"] == "working"
    assert "error" not in http.ask("tasks/cancel", job, {"taskId": job})
    eventually(lambda: http.get(job)["result"]["status"] == "cancelled")
    tokens.write_file(system.folder / "tokens", [], removed=["bot"])
    eventually(lambda: http.get(job).get("error", {}).get("code") == -32600)


def test_the_task_of_a_killed_worker_may_run_again(system: System, door: Service) -> None:
    http = Http(door)
    job = http.task(600)
    eventually(lambda: "running" in http.get(job)["result"]["statusMessage"])
    system.worker.kill()
    eventually(lambda: "error" in http.get(job)["result"]["statusMessage"])
    found = http.get(job)["result"]
    assert found["status"] == "working"
    assert found["statusMessage"] == f"job {job}: error (lost); it may still run again"


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
    assert subprocess.run(args, capture_output=True, timeout=60).returncode == 1
    api.stop()


@pytest.mark.parametrize("package", ["web", "tracking", "cli"])
def test_nothing_else_imports_the_sdk(package: str) -> None:
    code = f"import sys, progress_backend.{package}; print('mcp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False"]
