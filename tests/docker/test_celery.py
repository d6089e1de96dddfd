"""Tracked jobs between containers: stock brokers and result backend, workers of our image."""

from __future__ import annotations

import pytest

from tests.docker.fleet import Fleet
from tests.docker.jobs import TOTAL

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_two_workers_record_what_their_jobs_do(fleet: Fleet) -> None:
    good, bad = fleet.send(), fleet.send("no such symbol")
    # Each worker has one process, so that two jobs under way are on both.
    bodies = [fleet.wait(i, status="running", current_status="half way") for i in (good, bad)]
    assert {body["worker"] for body in bodies} == {w.hostname() for w in fleet.workers}
    for body in bodies:
        assert body["progress"] == {"current": TOTAL // 2, "total": TOTAL, "percentage": 50}
    fleet.go_on(good, bad)
    ended = fleet.wait(good, status="completed")
    assert ended["progress"] == {"current": TOTAL, "total": TOTAL, "percentage": 100}
    assert ended["results"] == {"records_saved": TOTAL}
    failed = fleet.wait(bad, status="error", error_cause="exception")
    assert "no such symbol" in failed["error_message"]
