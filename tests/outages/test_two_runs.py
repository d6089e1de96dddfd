"""Two runs of one task in one worker, and what Celery has stored: the record agrees with it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet
from tests.waiting import eventually

pytestmark = pytest.mark.integration

CONF = {
    "task_acks_late": True,
    # Due again while its run goes on.
    "broker_transport_options": {"visibility_timeout": 2, "unacked_restore_interval": 0.5},
}
ENV = {"OUTAGES_CONF": json.dumps(CONF)}


def pid_of(folder: Path, mark: str) -> int:
    """Of the process that left this mark."""
    path = folder / mark
    return int(eventually(lambda: path.exists() and path.read_text(), TIMEOUT_S, what=mark))


def agrees(fleet: Fleet, job: str, result: Any) -> dict[str, Any]:
    """The record, completed with what Celery has as its result."""
    eventually(lambda: fleet.record(job).get("status") == "completed", TIMEOUT_S)
    stored = fleet.result(job)
    assert (stored["status"], stored["result"]) == ("SUCCESS", result)
    return fleet.record(job)


def test_the_time_limit_of_what_a_class_does_after_a_success(start_fleet: StartFleet) -> None:
    fleet = start_fleet(concurrency=1)
    job = fleet.send("lingers")
    assert fleet.workers[0].wait_for_log(r"Hard time limit", TIMEOUT_S)
    assert agrees(fleet, job, {"saved": 4})["results"] == {"saved": 4}


def test_a_second_run_that_raises_after_the_success_of_the_first(
    start_fleet: StartFleet, tmp_path: Path
) -> None:
    fleet = start_fleet(env=ENV, concurrency=2)
    job = fleet.send("twice", "raise")
    pid_of(tmp_path, "again")
    fleet.open("first")
    fleet.finished(job)
    fleet.open("second")
    fleet.workers[0].wait_for_log("ValueError", TIMEOUT_S)
    assert agrees(fleet, job, "first")["results"] == {"result": "first"}


@pytest.mark.parametrize(("how", "mark"), [("return", "began"), ("retry", "retrying")])
def test_the_death_of_the_old_run_s_child_is_not_that_of_the_run_that_lives(
    start_fleet: StartFleet, tmp_path: Path, how: str, mark: str
) -> None:
    """The message came again after the visibility time-out, or was sent by a retry."""
    env = ENV if how == "return" else None
    fleet = start_fleet(env=env, concurrency=2)
    job = fleet.send("twice", how)
    old = pid_of(tmp_path, mark)
    pid_of(tmp_path, "again")
    os.kill(old, signal.SIGKILL)
    worker = fleet.workers[0]
    worker.wait_for_log("WorkerLostError|exited prematurely", TIMEOUT_S)
    eventually(lambda: fleet.result(job).get("status") == "FAILURE", TIMEOUT_S)
    record = fleet.record(job)
    assert (record["status"], record["attempt"], record["error_message"]) == ("running", 2, None)
    fleet.open("second")
    agrees(fleet, job, "second")


def test_the_success_of_the_first_run_after_the_death_of_the_second(
    start_fleet: StartFleet, tmp_path: Path
) -> None:
    fleet = start_fleet(env=ENV, concurrency=2)
    job = fleet.send("twice", "return")
    os.kill(pid_of(tmp_path, "again"), signal.SIGKILL)
    eventually(lambda: fleet.record(job).get("error_cause") == "worker_lost", TIMEOUT_S)
    fleet.open("first")
    agrees(fleet, job, "first")


def test_a_cancel_ends_both_runs(start_fleet: StartFleet) -> None:
    """Each at its next update, not only the newer one."""
    fleet = start_fleet(env=ENV, concurrency=2)
    job = fleet.send("gated", "never")
    eventually(lambda: fleet.record(job).get("attempt") == 2, TIMEOUT_S, what="both runs")
    fleet.cancel(job)
    worker = fleet.app.control.inspect(timeout=1)
    eventually(lambda: list((worker.active() or {}).values()) == [[]], TIMEOUT_S / 2)
    assert (fleet.record(job)["status"], fleet.result(job)["status"]) == ("cancelled", "REVOKED")
