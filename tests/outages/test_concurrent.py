"""Workers, beats, reapers and API processes at once: nothing twice, nothing lost."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.conftest import StartService
from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet
from tests.servers import ROOT
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.long]

APIS = 10
ENV = {
    "PROGRESS_UPDATE_INTERVAL_S": "0",
    "PROGRESS_LEASE_S": "2",
    "PROGRESS_REAP_INTERVAL_S": "0.3",
    "PROGRESS_RETENTION_S": "2",
    "PROGRESS_CLEANUP_INTERVAL_S": "1",
}


class Heard:
    """Every document that is published of one task, in order."""

    def __init__(self, client: redis.Redis, task_id: str) -> None:
        self._pubsub = client.pubsub(ignore_subscribe_messages=True)
        self._pubsub.subscribe(f"task_update:{task_id}")
        self._pubsub.get_message(timeout=5)
        self.documents: list[dict[str, Any]] = []

    def statuses(self) -> list[str]:
        """Those of all that has come so far."""
        while (message := self._pubsub.get_message(timeout=0.2)) is not None:
            self.documents.append(json.loads(message["data"]))
        return [document["status"] for document in self.documents]

    def check(self) -> None:
        """Each revision once, in order."""
        revisions = [document["revision"] for document in self.documents]
        assert revisions == list(range(revisions[0], revisions[0] + len(revisions)))

    def close(self) -> None:
        self._pubsub.close()


class Callers:
    """API-like processes that do the same thing at the same time."""

    def __init__(self, count: int, url: str, task_id: str) -> None:
        command = [sys.executable, "-m", "tests.outages.caller", url, task_id]
        self._processes = [
            subprocess.Popen(
                [*command, f"api{number}", "40"],
                cwd=ROOT,
                env={**os.environ, **ENV},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(count)
        ]

    def said(self) -> list[str]:
        """The next line of each."""
        return [process.stdout.readline().strip() for process in self._processes if process.stdout]

    def go(self) -> list[str]:
        """Has all of them do their next thing; what came of it."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return self.said()

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


def test_everybody_at_once(
    start_fleet: StartFleet, start_service: StartService, tmp_path: Path
) -> None:
    # Each worker has room for all four jobs and a cleanup: one whose slots are all taken would
    # still reserve the next message, and hold it until a job ends that ends last of all.
    fleet = start_fleet(env=ENV, workers=2, concurrency=5)
    beats = [start_beat(start_service, fleet.store.url, tmp_path, number) for number in (1, 2)]
    client = fleet.redis(fleet.store)
    job, other = fleet.send("gated", "never"), fleet.send("silent", "never")
    owner = fleet.running(other)["worker"]["name"]
    fleet.running(job)
    with (
        contextlib.closing(Callers(APIS, fleet.store.url, job)) as callers,
        contextlib.closing(Heard(client, job)) as heard,
        contextlib.closing(Heard(client, other)) as heard_of_other,
    ):
        # A worker that writes each value, and ten API processes: all of it is there.
        assert callers.said() == ["connected"] * APIS
        assert callers.go() == ["updated 40"] * APIS
        details = fleet.record(job)["processing_details"]
        assert {details[f"api{number}"] for number in range(APIS)} == {40}

        twice(fleet)

        # All of them cancel while the worker writes: one does, and the job hears of it.
        assert sorted(callers.go()) == ["cancelled", *["late"] * (APIS - 1)]
        eventually(lambda: fleet.result(job).get("status") == "REVOKED", TIMEOUT_S)

        # A worker dies; the other one and two beats look for it: it is lost once.
        next(worker for worker in fleet.workers if worker.nodename == owner).kill()
        eventually(lambda: "error" in heard_of_other.statuses(), TIMEOUT_S)

        # Two beats have the ended ones cleaned up.
        eventually(lambda: client.exists(f"task:{job}", f"task:{other}") == 0, TIMEOUT_S)
        # The cancel once, and then that the run has heeded it.
        assert heard.statuses().count("cancelled") == 2
        asked, heeded = (d["control"] for d in heard.documents if d["status"] == "cancelled")
        assert asked["heeded_at"] is None
        assert heeded == {**asked, "heeded_at": heeded["heeded_at"]} != asked
        assert heard_of_other.statuses().count("error") == 1
        heard.check()
        heard_of_other.check()
    left = [client.zcard("tasks"), client.hlen("task_facets"), client.zcard("task_expiry")]
    assert left == [0, 0, 0]
    for beat in beats:
        assert "Sending due task progress.cleanup" in beat.log
        assert "Traceback" not in beat.log


def start_beat(start_service: StartService, url: str, folder: Path, number: int) -> Any:
    urls = dict.fromkeys(["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL"], url)
    schedule = folder / f"beat{number}"
    command = [sys.executable, "-m", "celery", "-A", "tests.outages.app", "beat", "-s", schedule]
    env = {**urls, **ENV, "JOBS_DIR": str(folder)}
    return start_service([*command, "--loglevel", "INFO", "--pidfile="], env=env, ready="Starting")


def twice(fleet: Fleet) -> None:
    """A broker delivers twice: the newer run owns the record, the older one is refused."""
    job = fleet.send("gated", "twice", task_id="one-id")
    first = fleet.running(job)
    fleet.app.send_task("gated", ("twice",), task_id=job)
    eventually(lambda: fleet.record(job)["attempt"] == 2, TIMEOUT_S)
    second, current = fleet.record(job), 0
    assert second["created_at"] == first["created_at"]
    watched = time.monotonic() + 1
    while time.monotonic() < watched:
        record = fleet.record(job)
        assert (record["attempt"], record["worker"]) == (2, second["worker"])
        assert record["progress"]["current"] >= current, "one run's figures alone"
        current = record["progress"]["current"]
    fleet.open("twice")
    # Cleaned up soon after its end, which is why it is not waited for in the store.
    assert fleet.finished(job)["status"] == "SUCCESS"
