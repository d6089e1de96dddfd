"""The example workflows in a real worker, from the real source into a real file."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest

from progress_backend import RedisProgressService
from tests.servers import ROOT
from tests.waiting import eventually
from tests.workers.conftest import TIMEOUT_S, Jobs

pytestmark = pytest.mark.integration


class Workflows:
    """Sends the worker's canvases as another process would, and reads their workflows."""

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, canvas: str) -> str:
        """The id of the result."""
        code = f"from workers.workflows import *; print({canvas}.apply_async().id)"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PROGRESS_REDIS_URL": self._url},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def read(self, workflow_id: str) -> dict[str, Any]:
        async def read() -> dict[str, Any] | None:
            async with RedisProgressService(self._url) as service:
                return await service.get_workflow_status(workflow_id)

        body = asyncio.run(read())
        assert body is not None
        return body

    def ended(self, workflow_id: str) -> dict[str, Any]:
        """The workflow once it has ended."""
        bodies: list[dict[str, Any]] = []

        def over() -> bool:
            bodies.append(self.read(workflow_id))
            return bool(bodies[-1]["final"])

        eventually(over, TIMEOUT_S, what="the workflow's end")
        shares = [body["progress"]["percentage"] for body in bodies]
        totals = [body["progress"]["total"] for body in bodies]
        assert shares == sorted(shares) or totals[0] < totals[-1]
        return bodies[-1]

    def members(self, workflow_id: str) -> list[dict[str, Any]]:
        async def read() -> dict[str, Any]:
            async with RedisProgressService(self._url) as service:
                return await service.get_tasks_list(workflow_id=workflow_id, limit=100)

        tasks: list[dict[str, Any]] = asyncio.run(read())["tasks"]
        return tasks


@pytest.fixture
def workflows(jobs: Jobs) -> Workflows:
    return Workflows(jobs.url)


def test_eight_fetches_and_what_merges_them(workflows: Workflows, jobs: Jobs) -> None:
    sent = workflows.send("fetch_and_merge(['FB', 'MSFT', 'GOOG', 'AAPL'], ['1mo', '3mo'])")
    body = workflows.ended(sent)
    assert (body["status"], body["progress"]["current"]) == ("completed", 9)
    merged, *fetches = sorted(workflows.members(sent), key=lambda m: m["task_type"] == "fetch_data")
    assert (merged["task_id"], merged["task_type"]) == (sent, "merge_results")
    assert [fetch["task_type"] for fetch in fetches] == ["fetch_data"] * 8
    results = merged["results"]
    assert (results["fetches"], results["records_saved"] + results["records_skipped"]) == (8, 336)
