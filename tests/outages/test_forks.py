"""Forked, spawned and pooled processes: each has its own connections, and no more than it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.conftest import StartServer
from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet
from tests.outages.forking import CHILDREN, EACH
from tests.outages.taken import taken, uncounted, watch
from tests.servers import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_parent_and_children_both_work(start_server: StartServer, method: str) -> None:
    url = start_server().url
    done = subprocess.run(
        [sys.executable, "-m", "tests.outages.forking", url, url, method],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    ids = done.stdout.split()
    assert len(set(ids)) == len(ids) == (3 + CHILDREN) * EACH
    with redis.Redis.from_url(url) as client:
        records = [json.loads(record or "{}") for record in client.mget([f"task:{i}" for i in ids])]
        assert Counter(record.get("status") for record in records) == {"created": len(ids)}
        assert client.llen("celery") == len(ids)
        eventually(lambda: len(client.client_list()) == 1, what="no connection but this one left")


@pytest.fixture
def watched() -> Iterator[None]:
    """What this process takes out of pools is counted."""
    end = watch()
    yield
    end()


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("hundreds", [3, pytest.param(10, marks=pytest.mark.long)])
def test_many_tasks_leave_no_connection_and_no_late_write(
    start_fleet: StartFleet, hundreds: int
) -> None:
    """Half of them fail, and all update to the last moment: Celery guards SUCCESS alone."""
    fleet = start_fleet(env={"PROGRESS_UPDATE_INTERVAL_S": "0", "OUTAGES_TAKEN": "1"})
    with fleet.redis(fleet.results).pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.psubscribe("celery-task-meta-*")
        pubsub.get_message(timeout=5)
        states: dict[str, list[str]] = {}
        for batch in range(hundreds):
            states |= {task_id: [] for task_id in hundred(fleet)}
            listen(pubsub, states)
            if batch == 0:
                publisher, first = taken()["held"], at_rest(fleet)
        # Its sender's thread may have come to need one of its own meanwhile.
        assert taken()["held"] <= publisher + 1, "of this process"
    assert [child["held"] for child in first[1:]] == [1, 1], "each pool process's to the store"
    assert at_rest(fleet) == first
    for seen in states.values():
        ends = [place for place, state in enumerate(seen) if state in ("SUCCESS", "FAILURE")]
        assert ends == [len(seen) - 1], seen
    assert sum("PROGRESS" in seen for seen in states.values()) > 10 * hundreds, (
        "nothing was at stake"
    )
    summary = fleet.listed()["summary"]
    assert (summary["completed"], summary["error"]) == (50 * hundreds, 50 * hundreds)


def held_by(fleet: Fleet) -> list[dict[str, int]]:
    """What the worker's main process and each process of its pool hold."""
    with uncounted():  # kombu keeps the reply's channel for a while
        (main,) = fleet.app.control.broadcast("connections", reply=True, timeout=TIMEOUT_S, limit=1)
    wanted = {child.pid for child in fleet.workers[0].children()}
    found: dict[int, dict[str, int]] = {}

    def all_have_answered() -> bool:
        for task_id in [fleet.send("connections", 0.05) for _ in wanted]:
            answer = fleet.finished(task_id)["result"]
            found[answer["pid"]] = answer
        return set(found) == wanted

    eventually(all_have_answered, TIMEOUT_S, what="an answer of each process of the pool")
    return [*main.values(), *(found[pid] for pid in sorted(wanted))]


def at_rest(fleet: Fleet) -> list[dict[str, int]]:
    """The same twice, so that none of them was in a call."""

    def twice() -> list[dict[str, int]]:
        found = held_by(fleet)
        assert found == held_by(fleet)
        return found

    return eventually(twice, TIMEOUT_S, what="processes at rest")


def hundred(fleet: Fleet) -> list[str]:
    return [fleet.send(job, 4, 0.001) for _ in range(50) for job in ("quick", "failing")]


def listen(pubsub: Any, states: dict[str, list[str]]) -> None:
    """Until all these jobs have ended, and for what still comes after."""

    def ended() -> bool:
        while (message := pubsub.get_message(timeout=0.1)) is not None:
            meta = json.loads(message["data"])
            if meta["task_id"] in states:
                states[meta["task_id"]].append(meta["status"])
        return all({"SUCCESS", "FAILURE"} & set(seen) for seen in states.values())

    eventually(ended, TIMEOUT_S, what=f"{len(states)} ends")
    assert ended()


def test_threads_do_not_mix_their_tasks(start_fleet: StartFleet) -> None:
    fleet = start_fleet(pool="threads", concurrency=8, env={"PROGRESS_UPDATE_INTERVAL_S": "0"})
    symbols = [f"S{number}" for number in range(32)]
    with fleet.redis(fleet.store).pubsub(ignore_subscribe_messages=True) as pubsub:
        for pattern in ("task_update:*", "celery-task-meta-*"):
            pubsub.psubscribe(pattern)
            pubsub.get_message(timeout=5)
        ids = {fleet.send("shared", symbol, 60): symbol for symbol in symbols}
        for task_id in ids:
            assert fleet.ended(task_id)["status"] == "completed"
        heard: Counter[str] = Counter()
        while (message := pubsub.get_message(timeout=1)) is not None:
            body = json.loads(message["data"])
            symbol = ids[body["task_id"]]
            heard[symbol] += 1
            check(body, symbol)
    assert min(heard[symbol] for symbol in symbols) > 5
    threads = {str(fleet.finished(task_id)["result"]).rpartition(" by ")[2] for task_id in ids}
    assert len(threads) == 8


def check(body: dict[str, Any], symbol: str) -> None:
    """Nothing of another task is in a record, or in a result's meta."""
    if "symbol" in body:
        assert body["symbol"] == symbol
        assert body["processing_details"].get("symbol", symbol) == symbol
        assert body["results"].get("symbol", symbol) == symbol
        message = body["current_status"]
    elif body["status"] == "PROGRESS":
        message = body["result"]["message"]
    else:
        return
    assert not message.startswith("S") or message.split() == [symbol, message.split()[1]]
