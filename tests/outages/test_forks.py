"""Forked and pooled processes, and threads: each has its own connections and its own task."""

import json
import sys
from collections import Counter
from typing import Any

import redis

from tests.conftest import StartServer
from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S
from tests.outages.forking import EACH
from tests.servers import ran
from tests.waiting import eventually


def test_parent_and_child_both_work(start_server: StartServer) -> None:
    url = start_server().url
    done = ran([sys.executable, "-m", "tests.outages.forking", url, url])
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    ids = done.stdout.split()
    assert len(set(ids)) == len(ids) == 4 * EACH
    with redis.Redis.from_url(url) as client:
        records = [json.loads(record or "{}") for record in client.mget([f"task:{i}" for i in ids])]
        assert Counter(record.get("status") for record in records) == {"created": len(ids)}
        assert client.llen("celery") == len(ids)
        eventually(lambda: len(client.client_list()) == 1, what="no connection but this one left")


def test_many_tasks_leave_no_late_write(start_fleet: StartFleet) -> None:
    """Half of them fail, and all update to the last moment: Celery guards SUCCESS alone."""
    fleet = start_fleet(env={"PROGRESS_UPDATE_INTERVAL_S": "0"})
    with fleet.redis(fleet.results).pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.psubscribe("celery-task-meta-*")
        pubsub.get_message(timeout=60)
        jobs = [job for _ in range(50) for job in ("quick", "failing")]
        states: dict[str, list[str]] = {fleet.send(job, 4, 0.01): [] for job in jobs}
        listen(pubsub, states)
    for seen in states.values():
        ends = [place for place, state in enumerate(seen) if state in ("SUCCESS", "FAILURE")]
        assert ends == [len(seen) - 1], seen
    assert sum("PROGRESS" in seen for seen in states.values()) > 10, "nothing was at stake"

    def counted() -> bool:
        summary = fleet.listed()["summary"]
        return (summary["completed"], summary["error"]) == (50, 50)

    eventually(counted, TIMEOUT_S, what="the records' ends")


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
            pubsub.get_message(timeout=60)
        ids = {fleet.send("shared", symbol, 60): symbol for symbol in symbols}
        eventually(lambda: fleet.listed()["summary"]["running"] == 8, what="a job in each thread")
        fleet.open("shared")
        for task_id in ids:
            assert fleet.ended(task_id)["status"] == "completed"
        received: Counter[str] = Counter()
        while (message := pubsub.get_message(timeout=1)) is not None:
            body = json.loads(message["data"])
            symbol = ids[body["task_id"]]
            received[symbol] += 1
            check(body, symbol)
    assert min(received[symbol] for symbol in symbols) > 5
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
