"""The example workflows in a real worker, from the real source into a real file."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest

from progress_backend import RedisProgressService
from tests.fleet import TIMEOUT_S
from tests.servers import ROOT
from tests.waiting import eventually
from tests.workers.conftest import Jobs

pytestmark = pytest.mark.integration


def read(url: str, workflow_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A workflow and its members."""

    async def asked() -> Any:
        async with RedisProgressService(url) as service:
            listed = await service.get_tasks_list(workflow_id=workflow_id, limit=100)
            return await service.get_workflow_status(workflow_id), listed["tasks"]

    return asyncio.run(asked())


def test_eight_fetches_and_what_merges_them(jobs: Jobs) -> None:
    canvas = "fetch_and_merge(['FB', 'MSFT', 'GOOG', 'AAPL'], ['1mo', '3mo'])"
    code = f"from workers.workflows import *; print({canvas}.apply_async().id)"
    env = {**os.environ, "PROGRESS_REDIS_URL": jobs.url}
    sent = subprocess.check_output([sys.executable, "-c", code], env=env, cwd=ROOT, text=True)
    sent, seen = sent.strip(), []

    def over() -> bool:
        seen.append(read(jobs.url, sent)[0])
        return bool(seen[-1]["final"])

    eventually(over, TIMEOUT_S, what="the workflow's end")
    shares, totals = ([one["progress"][of] for one in seen] for of in ("percentage", "total"))
    assert shares == sorted(shares) or totals[0] < totals[-1]
    body, members = read(jobs.url, sent)
    assert (body["status"], body["progress"]["current"]) == ("completed", 9)
    merged, *fetches = sorted(members, key=lambda one: one["task_type"] == "fetch_data")
    assert (merged["task_id"], merged["task_type"]) == (sent, "merge_results")
    assert [fetch["task_type"] for fetch in fetches] == ["fetch_data"] * 8
    results = merged["results"]
    assert (results["fetches"], results["records_saved"] + results["records_skipped"]) == (8, 336)
