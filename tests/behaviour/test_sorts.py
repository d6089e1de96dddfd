"""The list in other orders than the newest first, beside a model of it, over every store."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from progress_backend.flows.cleanup import cleanup
from progress_backend.operations import lists
from progress_backend.operations.lists import Filters
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from tests.behaviour.driving import Driver

ENDS: dict[str, ev.Event] = {
    "completed": ev.Completed(),
    "error": ev.Failed(error_message="why"),
    "cancelled": ev.Cancelled(),
}


def page(driver: Driver, **asked: Any) -> tuple[list[str], int | None]:
    found = driver.listed(**asked)
    return [json.loads(row)["task_id"] for row in found.rows], found.total


def every_page(driver: Driver, limit: int, **asked: Any) -> list[str]:
    ids, number = [], 0
    while True:
        number += 1
        some, total = page(driver, page=number, limit=limit, **asked)
        ids += some
        if number * limit >= (total or 0):
            return ids


def made_up(driver: Driver, seed: int, count: int) -> dict[str, str]:
    """Tasks in a random order of starts and ends, the newest last: by id, each one's status."""
    dice, statuses = random.Random(seed), dict[str, str]()
    for n in range(count):
        task_id = f"t{n:03}"
        owner = dice.choice(("alice", None))
        member = Member(("w",)) if dice.random() < 0.2 else None
        driver.create(task_id, task_type=dice.choice("ab"), owner=owner, member=member)
        statuses[task_id] = "created"
    for task_id in dice.sample(sorted(statuses), count * 2 // 3):
        driver.start(task_id)
        statuses[task_id] = "running"
    running = [task_id for task_id, status in statuses.items() if status == "running"]
    for task_id in dice.sample(running, len(running) // 2):
        status = dice.choice(tuple(ENDS))
        driver.apply(task_id, ENDS[status], now=driver.now() + timedelta(milliseconds=50))
        statuses[task_id] = status
    return statuses


@pytest.mark.parametrize("seed", [1, 2])
def test_running_tasks_first(driver: Driver, seed: int) -> None:
    statuses = made_up(driver, seed, 25)
    newest = every_page(driver, 100)
    assert newest == sorted(statuses, reverse=True)
    model = sorted(newest, key=lambda task_id: statuses[task_id] != "running")
    for limit in (1, 4, 100):
        assert every_page(driver, limit, sort="running") == model
    for filters in (
        {"task_type": "a"},
        {"owner": "alice"},
        {"workflow_id": "w"},
        {"warning": "late"},
    ):
        some = every_page(driver, 100, **filters)
        wanted = [task_id for task_id in model if task_id in some]
        assert every_page(driver, 3, sort="running", **filters) == wanted


def test_what_has_ended_since_a_time(driver: Driver) -> None:
    noon = driver.now().replace(microsecond=0)
    for n, (task_id, end) in enumerate(
        (("old", "error"), ("at", "error"), ("new", "error"), ("done", "completed"))
    ):
        driver.start(task_id)
        driver.apply(task_id, ENDS[end], now=noon + timedelta(seconds=n))
    driver.start("runs")
    since = noon + timedelta(seconds=1)
    assert every_page(driver, 2, ended_from=since) == ["done", "new", "at"]
    assert page(driver, status="error", ended_from=since, limit=1) == (["new"], 2)
    later = since + timedelta(microseconds=1)
    assert page(driver, status="error", ended_from=later) == (["new"], 1)


def test_the_last_that_ended_first(driver: Driver) -> None:
    order = ["b", "c", "a", "e", "d"]
    for task_id in "abcdex":
        driver.start(task_id, member=Member(("w",)) if task_id in "ae" else None)
    now = driver.now() + timedelta(seconds=1)
    for n, task_id in enumerate(order):
        driver.apply(task_id, ev.Completed(), now=now + timedelta(milliseconds=5 * n))
    driver.apply("x", ev.Failed(error_message="why"))
    for limit in (1, 2, 100):
        assert every_page(driver, limit, sort="ended", status="completed") == order[::-1]
    assert page(driver, sort="ended", status="error") == (["x"], 1)
    assert page(driver, sort="ended", status="cancelled") == ([], 0)
    everything = [json.loads(row) for row in driver.listed(sort="ended").rows]
    assert [row["task_id"] for row in everything if row["task_id"] != "x"] == order[::-1]
    ends = [row["end_time"] for row in everything]
    assert ends == sorted(ends, reverse=True)
    for limit in (1, 4):
        assert every_page(driver, limit, sort="ended") == [row["task_id"] for row in everything]


def test_an_end_that_is_taken_back_leaves_the_order(driver: Driver) -> None:
    driver.start("t", "lease-1")
    revision = driver.task("t").revision
    driver.apply("t", ev.Lost(lease="lease-1", error_message="gone", revision=revision))
    assert page(driver, sort="ended", status="error") == (["t"], 1)
    driver.apply("t", ev.Completed(attempt=1))
    assert driver.task("t").status == "completed"
    assert page(driver, sort="ended", status="error") == ([], 0)
    assert page(driver, sort="ended", status="completed") == (["t"], 1)
    driver.create("t")
    assert page(driver, sort="ended", status="completed") == ([], 0)


def test_what_is_deleted_leaves_the_order_by_end(driver: Driver) -> None:
    for task_id in ("a", "b", "c"):
        driver.start(task_id)
        driver.apply(task_id, ev.Completed())
    driver.lose("b")
    assert page(driver, sort="ended", status="completed", limit=2)[0] == ["c", "a"]
    assert driver.execute(lists.above(0, (Filters("completed", ended=True),))) == 2
    driver.run(cleanup(driver.settings, driver.now() + timedelta(days=2_000), "ours"))
    assert driver.execute(lists.above(0, (Filters("completed", ended=True),))) == 0
    assert not [name for name in driver.left_over() if "progress_ended" in name]
