"""Celery ends its own runs when its broker goes away, and gets their messages again: they run."""

import json
from typing import Any

from tests.outages.conftest import StartFleet
from tests.outages.fleet import TIMEOUT_S, Fleet, pass_time
from tests.waiting import eventually

#: What Celery is to do by default from its next major version on.
CONF = {
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "task_acks_late": True,
    "broker_transport_options": {
        "visibility_timeout": 6,
        "unacked_restore_interval": 0.5,
        "socket_connect_timeout": 1,
    },
    # As Celery has it: the end of a run is given up if its result cannot be stored at once.
    "result_backend_always_retry": False,
}
ENV = {"OUTAGES_CONF": json.dumps(CONF), "PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}


def away(fleet: Fleet, seconds: float = 4.0) -> None:
    """Broker, results and store, on one server, for so long."""
    fleet.store.kill()
    pass_time(seconds)
    fleet.store.start()


def completed(fleet: Fleet, job: str) -> dict[str, Any] | None:
    record = fleet.record(job)
    return record if record["status"] == "completed" else None


def test_jobs_that_celery_ended_itself_run_again(start_fleet: StartFleet) -> None:
    fleet = start_fleet(env=ENV, concurrency=3)
    jobs = [fleet.send("gated", "go") for _ in range(3)]
    for job in jobs:
        fleet.running(job)
    away(fleet)
    fleet.open("go")
    for job in jobs:
        # It says REVOKED meanwhile, of what Celery ended itself.
        eventually(lambda: fleet.result(job).get("status") == "SUCCESS", TIMEOUT_S)  # noqa: B023
        record = eventually(lambda: completed(fleet, job), what="completed")  # noqa: B023
        assert "error_cause" not in record
