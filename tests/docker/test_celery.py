"""Tracked jobs between containers: stock brokers and result backend, workers of our image."""

from __future__ import annotations

import pytest
from pytest_celery import CeleryTestWorker

from tests.docker.fleet import Fleet
from tests.docker.jobs import TOTAL

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_two_workers_record_what_their_jobs_do(fleet: Fleet) -> None:
    good, bad = fleet.send(), fleet.send("no such symbol")
    # Each worker has one process, so that two jobs under way are on both.
    bodies = [fleet.wait(i, status="running", current_status="half way") for i in (good, bad)]
    assert {body["worker"]["name"] for body in bodies} == {w.hostname() for w in fleet.workers}
    for body in bodies:
        assert body["progress"] == {"current": TOTAL // 2, "total": TOTAL, "percentage": 50}
    fleet.go_on(good, bad)
    ended = fleet.wait(good, status="completed")
    assert ended["progress"] == {"current": TOTAL, "total": TOTAL, "percentage": 100}
    assert ended["results"] == {"records_saved": TOTAL}
    failed = fleet.wait(bad, status="error", error_cause="exception")
    assert "no such symbol" in failed["error_message"]


def test_a_killed_workers_job_is_found_lost_by_the_other(fleet: Fleet) -> None:
    task_id = fleet.send()
    running = fleet.wait(task_id, status="running", current_status="half way")
    killed = worker_of(fleet, running["worker"]["name"])
    killed.kill()
    assert killed.container.status == "exited"
    lost = fleet.wait(task_id, status="error", error_cause="lost")
    assert lost["progress"]["current"] == TOTAL // 2
    # The one that is left does the next.
    other = fleet.send()
    left = fleet.wait(other, status="running")["worker"]["name"]
    assert left in {w.hostname() for w in fleet.workers if w is not killed}
    fleet.go_on(other)
    fleet.wait(other, status="completed")


def test_tracking_goes_on_after_the_broker_died_and_came_back(fleet: Fleet) -> None:
    before = fleet.send()
    fleet.wait(before, status="running", current_status="half way")
    fleet.setup.broker.kill()
    fleet.setup.broker.restart()
    fleet.go_on(before)
    ended = fleet.wait(before, status="completed")
    assert ended["attempt"] == 1
    fleet.with_moved_broker()
    after = fleet.send()
    fleet.wait(after, status="running", current_status="half way")
    fleet.go_on(after)
    assert fleet.wait(after, status="completed")["results"] == {"records_saved": TOTAL}


def worker_of(fleet: Fleet, name: str) -> CeleryTestWorker:
    return next(worker for worker in fleet.workers if worker.hostname() == name)
