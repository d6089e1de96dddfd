"""What RabbitMQ delivers, delivers again, gives up and forgets, and what the records say of it."""

import os
import signal
from typing import Any

import pytest
from kombu import Queue

from tests.outages.fleet import TIMEOUT_S, Fleet, pass_time
from tests.rabbitmq.conftest import StartFleet
from tests.rabbitmq.server import RabbitMQ
from tests.servers import Worker
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


def holder(fleet: Fleet, job: str) -> Worker:
    """The worker that runs it."""
    name = fleet.running(job)["worker"]
    (found,) = (worker for worker in fleet.workers if worker.nodename == name)
    return found


def kill_child(fleet: Fleet, job: str, attempt: int) -> None:
    """The pool process that is in the job's run of this number, once it is."""

    def begun() -> bool:
        record = fleet.record(job)
        return record["status"] == "running" and record["attempt"] == attempt

    eventually(begun, TIMEOUT_S, what=f"run {attempt}")
    (child,) = eventually(fleet.workers[0].children, what="a child")
    os.kill(child.pid, signal.SIGKILL)


def agree(fleet: Fleet, job: str, status: str, result: str) -> dict[str, Any]:
    """The record's end, once it is one for good; Celery's own is the same."""
    record = eventually(lambda: _final(fleet, job, status), TIMEOUT_S, what=f"{status} for good")
    assert fleet.finished(job)["status"] == result
    return record


def _final(fleet: Fleet, job: str, status: str) -> dict[str, Any] | None:
    record = fleet.record(job)
    assert record["status"] == status, record
    return record if record["final"] else None


def test_jobs_retries_and_tasks_for_later_go_through(start_fleet: StartFleet) -> None:
    """On a quorum queue Celery leaves what is for later to the broker."""
    # One process: with two, Celery may store RETRY behind the second run's SUCCESS.
    fleet = start_fleet("quorum", concurrency=1)
    now, later = fleet.send("quick", 10), fleet.send("quick", 10, countdown=4)
    assert fleet.record(later)["status"] == "created"
    assert "eta" in fleet.record(later)
    again = fleet.send("twice", "retry")
    fleet.open(f"{again}-second")
    agree(fleet, now, "completed", "SUCCESS")
    agree(fleet, later, "completed", "SUCCESS")
    assert agree(fleet, again, "completed", "SUCCESS")["retries"] == 1
    failed = agree(fleet, fleet.send("failing", 3), "error", "FAILURE")
    assert failed["error_cause"] == "exception"


def test_what_a_dead_worker_held_comes_again_at_once(start_fleet: StartFleet) -> None:
    fleet = start_fleet("quorum", workers=2, concurrency=1, task_acks_late=True)
    job = fleet.send("gated", "go")
    # It comes again as soon as the connection ends, no time-out later.
    assert fleet.running(job)["_"]["again_s"] == 0
    holder(fleet, job).kill()
    eventually(lambda: fleet.running(job)["attempt"] == 2, TIMEOUT_S, what="the second run")
    fleet.open("go")
    assert agree(fleet, job, "completed", "SUCCESS")["attempt"] == 2


def test_a_delivery_limit(start_fleet: StartFleet) -> None:
    """A job that kills each child that runs it, which a quorum queue gives up in the end."""
    limit = {"x-delivery-limit": 2}
    conf = {"task_acks_late": True, "task_reject_on_worker_lost": True}
    fleet = start_fleet("quorum", limit, concurrency=1, **conf)
    job = fleet.send("gated", "never")
    for attempt in (1, 2, 3):
        kill_child(fleet, job, attempt)
    record = fleet.ended(job)
    assert (record["status"], record["attempt"]) == ("error", 3)
    assert "stopped answering" not in record["error_message"]
    assert fleet.workers[0].alive
    # Another job has its turn.
    agree(fleet, fleet.send("quick", 3), "completed", "SUCCESS")


def test_a_failure_is_not_final_while_its_message_may_come_back(start_fleet: StartFleet) -> None:
    """It is rejected, into a queue that gives it back a second later."""
    there = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "later"}
    conf = {"task_acks_late": True, "task_acks_on_failure_or_timeout": False}
    fleet = start_fleet("classic", there, concurrency=1, **conf)
    back = {**there, "x-dead-letter-routing-key": fleet.app.conf.task_default_queue}
    with fleet.app.connection_for_write() as connection:
        later = Queue("later", queue_arguments={**back, "x-message-ttl": 1_000})
        later(connection.default_channel).declare()
    job = fleet.send("twice", "fail")
    fleet.open(f"{job}-first")
    record = fleet.ended(job)
    assert (record["error_cause"], record["final"]) == ("exception", False)
    fleet.open(f"{job}-second")
    assert agree(fleet, job, "completed", "SUCCESS")["attempt"] == 2


def test_what_expires_in_the_queue_ends(start_fleet: StartFleet) -> None:
    """RabbitMQ drops it, and no worker ever sees it."""
    fleet = start_fleet("classic", concurrency=1, worker_prefetch_multiplier=1, task_acks_late=True)
    first = fleet.send("gated", "go")
    fleet.running(first)
    waits, kept = fleet.send("quick", 3, expires=1), fleet.send("quick", 3, expires=600)
    assert fleet.record(waits)["status"] == "created"
    record = fleet.ended(waits)
    assert record["status"] == "cancelled"
    assert record["control"]["reason"] == "expired"
    assert fleet.record(kept)["status"] == "created"
    fleet.open("go")
    agree(fleet, kept, "completed", "SUCCESS")
    assert fleet.record(waits)["status"] == "cancelled"


def test_a_broker_that_is_killed_while_jobs_run(
    start_fleet: StartFleet, rabbitmq: RabbitMQ
) -> None:
    """No living job is called lost, each runs, and records and results agree."""
    # Without it a message may be gone that is not on its disk yet.
    conf = {"task_acks_late": True, "broker_transport_options": {"confirm_publish": True}}
    fleet = start_fleet("quorum", workers=2, concurrency=2, **conf)
    jobs = [fleet.send("gated", "go") for _ in range(4)]
    waiting = [fleet.send("quick", 5) for _ in range(6)]
    for job in jobs:
        fleet.running(job)
    rabbitmq.kill()
    pass_time(5.0)  # more than a lease
    assert {fleet.record(job)["status"] for job in jobs} == {"running"}
    rabbitmq.start()
    fleet.open("go")
    for job in (*jobs, *waiting):
        assert agree(fleet, job, "completed", "SUCCESS")["error_message"] is None
