"""Two runs of one task in one worker, and what Celery has stored: the record agrees with it."""

import json
import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.outages.conftest import fleet
from tests.outages.fleet import TIMEOUT_S, Fleet
from tests.waiting import eventually

CONF = {
    "task_acks_late": True,
    # So that a message that is due again while its run goes on is soon delivered.
    "broker_transport_options": {"unacked_restore_interval": 0.5},
}
ENV = {"OUTAGES_CONF": json.dumps(CONF), "PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(tmp_path_factory.mktemp("fleet"), env=ENV) as started:
        yield started


def pid_of(fleet: Fleet, job: str, run: str) -> int:
    """Of the process that is in this run."""
    path = fleet.folder / f"{job}-{run}-pid"
    return int(eventually(lambda: path.exists() and path.read_text(), TIMEOUT_S, what=run))


def agrees(fleet: Fleet, job: str, result: Any) -> dict[str, Any]:
    """The record, completed with what Celery has as its result."""
    eventually(lambda: fleet.record(job).get("status") == "completed", TIMEOUT_S)
    stored = fleet.result(job)
    assert (stored["status"], stored["result"]) == ("SUCCESS", result)
    return fleet.record(job)


def test_a_second_run_that_raises_after_the_success_of_the_first(started: Fleet) -> None:
    job = started.send("twice", "raise")
    pid_of(started, job, "first")
    started.deliver_again(job)
    pid_of(started, job, "second")
    started.open(f"{job}-first")
    started.finished(job)
    started.open(f"{job}-second")
    started.workers[0].wait_for_log("ValueError", TIMEOUT_S)
    assert agrees(started, job, "first")["results"] == {"result": "first"}


@pytest.mark.parametrize("how", ["raises", "dies"])
def test_a_first_run_that_succeeds_after_the_second_has_none(started: Fleet, how: str) -> None:
    """What it has counted, with a write of its own that the record refused, is the record's."""
    job = started.send("twice", "raise")
    pid_of(started, job, "first")
    started.deliver_again(job)
    second = pid_of(started, job, "second")
    eventually(lambda: started.record(job).get("attempt") == 2, TIMEOUT_S, what="both runs")
    if how == "dies":
        os.kill(second, signal.SIGKILL)
    else:
        started.open(f"{job}-second")
    eventually(lambda: started.record(job).get("status") == "error", TIMEOUT_S)
    started.open(f"{job}-first")
    record = agrees(started, job, "first")
    progress = record["progress"]
    assert (progress["current"], progress["total"], record["attempt"]) == (10, 10, 2)
    assert record["results"] == {"result": "first"}


def test_a_cancel_ends_both_runs(started: Fleet) -> None:
    """Each at its next update, not only the newer one."""
    job = started.send("gated", "never")
    started.running(job)
    started.deliver_again(job)
    eventually(lambda: started.record(job).get("attempt") == 2, TIMEOUT_S, what="both runs")
    started.cancel(job)
    worker = started.app.control.inspect(timeout=1)
    eventually(lambda: list((worker.active() or {}).values()) == [[]], TIMEOUT_S / 2)
    found = started.record(job)["status"], started.result(job)["status"]
    assert found == ("cancelled", "REVOKED")


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(tmp_path_factory.mktemp("two"), env=ENV, workers=2) as started:
        yield started


@pytest.mark.parametrize(
    ("workers", "job", "outcome"),
    [(1, "gated", ()), (1, "gated", ("raise",)), (1, "silent", ()), (2, "gated", ())],
)
def test_a_discarded_copy_changes_nothing_while_a_run_is_alive(
    request: pytest.FixtureRequest, workers: int, job: str, outcome: tuple[str, ...]
) -> None:
    """A revoke without terminate lets the run go on; a worker discards the message that comes again
    then. The record ends as Celery's result does."""
    started: Fleet = request.getfixturevalue("started" if workers == 1 else "two_workers")
    gate = "-".join((job, *outcome))
    task_id = started.send(job, gate, *outcome)
    started.running(task_id)
    started.app.control.revoke(task_id, reply=True, limit=workers, timeout=TIMEOUT_S)
    started.deliver_again(task_id)
    log = f"Discarding revoked task: {job}\\[{task_id}\\]"
    eventually(lambda: any(re.search(log, w.log) for w in started.workers), TIMEOUT_S, what=log)
    before = started.running(task_id)
    if job == "gated":
        started.running(task_id, above=before["progress"]["current"])
    started.open(gate)
    ends = {"SUCCESS": "completed", "FAILURE": "error"}  # in place of the discarded copy's REVOKED
    stored = eventually(lambda: ends.get(started.result(task_id)["status"]), TIMEOUT_S)
    assert started.ended(task_id)["status"] == stored
