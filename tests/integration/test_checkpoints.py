"""Real workers are killed at random under jobs that resume: no item is left out, and those of one
interval at most are done again."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from tests.integration.conftest import running, worker
from tests.integration.resuming import Done, items_of
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = pytest.mark.chaos

INTERVAL_S = 0.2
#: A written value's way, and a process that gets no time on a busy machine.
SLACK_S = 5
AT_ONCE = 4
_OVER = -1


@pytest.fixture(scope="module")
def world(folder: Path, url: str) -> Iterator[World]:
    env = {"PROGRESS_UPDATE_INTERVAL_S": str(INTERVAL_S)}
    with running(worker("resuming", folder, url, concurrency=AT_ONCE, env=env)):
        with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
            yield world


def sent(world: World, job: str, *args: int, **how: object) -> str:
    return str(world.app.tasks[job].apply_async(args, **how).id)


def runs_of(done: list[Done]) -> list[list[Done]]:
    return [list(of_one) for _, of_one in groupby(done, lambda one: one.attempt)]


def check(done: list[Done], items: int) -> list[int]:
    """Nothing is left out, and little done again; how many items each attempt began with."""
    runs = runs_of(done)
    assert runs[0][0].item == 0
    assert [one.item for one in done if one.item == items - 1], "it was not done to the end"
    for run in runs:
        numbers = [one.item for one in run]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "an item is left out"
    for before, after in pairwise(runs):
        first, last = after[0].item, before[-1]
        assert first <= last.item + 1, f"{last.item + 1} to {first - 1} are left out"
        again = [one for one in before if one.item >= first]
        if again:
            assert last.at - again[0].at <= INTERVAL_S + SLACK_S, f"{len(again)} items again"
    return [run[0].item for run in runs]


def killed_at_random(world: World, job: str, kills: int, seed: int) -> tuple[list[Done], int]:
    """One task, and how often its process is killed; its items, and how many they are."""
    chance = random.Random(seed)
    items = kills * 200 + 200
    task_id = sent(world, job, items)
    killed: set[int] = set()
    for _ in range(kills):

        def living() -> int | None:
            done = items_of(world.gate.folder, task_id)
            if done and done[-1].item == items - 1:
                return _OVER
            return done[-1].pid if done and done[-1].pid not in killed else None

        # Where this process gets less time than the worker, the job may end before all kills.
        if (pid := eventually(living, TIMEOUT_S)) == _OVER:
            break
        time.sleep(chance.uniform(0, 2 * INTERVAL_S))  # a random moment
        killed.add(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    record = world.ended(task_id)
    assert record["status"] == "completed", record
    assert record["progress"]["current"] == items
    assert "checkpoint" not in record
    return items_of(world.gate.folder, task_id), items


@pytest.mark.parametrize(("kills", "rounds"), [(4, 1), pytest.param(9, 30, marks=pytest.mark.long)])
def test_no_item_is_left_out(world: World, kills: int, rounds: int) -> None:
    """Four tasks at once: 16 kills, and 1,080 more by `make chaos`."""
    jobs = [(("importing", "paging")[n % 2], n) for n in range(AT_ONCE * rounds)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ended = list(threads.map(lambda job: killed_at_random(world, job[0], kills, job[1]), jobs))
    resumed = [first for done, items in ended for first in check(done, items)[1:]]
    assert sum(first > 0 for first in resumed) > len(resumed) // 2, resumed


def test_a_retry_goes_on(world: World) -> None:
    task_id = sent(world, "paging", 100, 60)
    assert world.ended(task_id)["status"] == "completed"
    assert check(items_of(world.gate.folder, task_id), 100) == [0, 60]
    assert world.happened(task_id) == ["created", "started", "retried", "started", "ended"]


def test_a_failed_task_that_is_sent_again_goes_on(world: World) -> None:
    """With its id, as a person does who has mended what stopped it."""
    task_id = sent(world, "importing", 100, 60)
    assert world.ended(task_id)["status"] == "error"
    assert world.record(task_id)["checkpoint"]
    world.app.tasks["importing"].apply_async((100, 60), task_id=task_id)
    eventually(lambda: world.record(task_id)["status"] == "completed", TIMEOUT_S)
    assert [run[0].item for run in runs_of(items_of(world.gate.folder, task_id))] == [0, 60]
    assert world.happened(task_id) == ["created", "started", "ended"] * 2


def test_a_shutdown_writes_the_newest_values(folder: Path, url: str) -> None:
    """The worker gets SIGTERM, and is killed before its job has ended: the interval would have been
    a minute."""
    env = {"PROGRESS_UPDATE_INTERVAL_S": "60"}
    one = worker("stopping", folder, url, concurrency=1, env=env, args=("-Q", "stopping"))
    with running(one):
        with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
            task_id = sent(world, "importing", 100_000, queue="stopping")
            eventually(lambda: len(items_of(folder, task_id)) > 300, TIMEOUT_S)
            assert world.record(task_id)["progress"]["current"] < 300
            one.signal(signal.SIGTERM)
            eventually(lambda: world.record(task_id)["progress"]["current"] > 300, TIMEOUT_S)
            one.kill()
