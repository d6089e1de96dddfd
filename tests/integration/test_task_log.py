"""What a job writes into its log, in a real worker of each pool."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from progress_backend.cli import main
from progress_backend.record import room
from tests.integration.conftest import pools
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("pool", pools("threads", "gevent"), scope="module"),
]


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


def test_of_very_much_the_newest_is_kept(world: World) -> None:
    task_id = send(world, 100_000)
    assert world.ended(task_id)["status"] == "completed"
    lines = log_of(world, task_id)
    assert (lines[-1]["id"], lines[-1]["text"]) == (100_003, "the end")
    assert lines[-2]["text"] == "line 99999"
    assert sum(len(json.dumps(line)) for line in lines) < 2 * room.LOG


def test_a_job_that_fails_has_said_why(world: World) -> None:
    task_id = send(world, -1)
    assert world.ended(task_id)["status"] == "error"
    assert [line["level"] for line in log_of(world, task_id)] == ["info", "warning"]


def test_the_terminal_follows_it(world: World) -> None:
    task_id = send(world, 1)
    url = str(world.app.conf.broker_url)
    env = {"PROGRESS_REDIS_URL": url}
    told = CliRunner().invoke(main, ["logs", "-f", task_id], env=env)
    assert told.exit_code == 0, told.output
    shown = [line.split(maxsplit=1)[1] for line in told.output.splitlines()]
    assert shown == [
        "info     begins: redis://:***@cache/0",
        "warning  tests.shop: 7203.T has no price",
        "debug    line 0",
        "error    the end",
    ]
