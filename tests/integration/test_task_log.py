"""What a job writes into its log, in a real worker."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def log_of(world: World, task_id: str) -> list[dict[str, Any]]:
    entries = world.store.xrange(f"progress_log:{task_id}")
    return [{"id": int(number.split("-")[0]), **json.loads(f["j"])} for number, f in entries]


def send(world: World, *args: Any) -> str:
    return str(world.app.tasks["telling"].apply_async(args).id)


def test_both_ways_while_it_runs_and_to_its_end(world: World) -> None:
    task_id = send(world, 2, "go")
    began = eventually(lambda: log_of(world, task_id), TIMEOUT_S)
    assert world.record(task_id)["status"] == "running"
    assert began[0]["text"] == "begins: redis://:***@cache/0"
    world.go(task_id)
    assert world.ended(task_id)["status"] == "completed"
    said = [(line["id"], line["level"], line["text"]) for line in log_of(world, task_id)]
    assert said == [
        (1, "info", "begins: redis://:***@cache/0"),
        (2, "warning", "tests.shop: 7203.T has no price"),
        (3, "debug", "line 0"),
        (4, "debug", "line 1"),
        (5, "error", "the end"),
    ]
    assert {line["attempt"] for line in log_of(world, task_id)} == {1}
