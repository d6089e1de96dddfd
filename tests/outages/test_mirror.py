"""What shows progress in Celery's own tools may hang; a job that ends waits for it no longer than
for anything else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from celery import Celery
from celery.app.task import Context

from progress_backend.record.events import Identity
from progress_backend.record.model import Task
from progress_backend.runs.mirror import Mirror
from progress_backend.runs.run import Run
from progress_backend.runs.sender import JOB_WAIT_S, Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.conftest import StartServer
from tests.outages.app import build
from tests.outages.fleet import client, close_app
from tests.servers import Server
from tests.stopwatch import FACTOR, timed
from tests.strangers import Way
from tests.waiting import eventually

pytestmark = pytest.mark.integration

TASK = Task(task_id="t", task_type="quick", total_items=4, current_items=2)


@pytest.fixture
def results(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def way(results: Server) -> Iterator[Way]:
    with Way(results.url) as way:
        yield way


@pytest.fixture
def app(results: Server, way: Way) -> Iterator[Celery]:
    app = build(results.url, way.url, redis_url=results.url)
    yield app
    close_app(app)


def run_of(app: Celery, sender: Sender, task_id: str) -> Run:
    request = Context(id=task_id, is_eager=False, hostname="celery@tests")
    task = app.tasks["quick"]
    return Run(task_id, Identity(task_type="quick"), sender, celery_task=task, request=request)


def test_a_mirror_that_hangs_holds_the_end_up_for_one_wait_at_most(
    app: Celery, results: Server, way: Way, redis_url: str
) -> None:
    mirror = Mirror(app, flower_events=False)
    with Store(Settings(redis_url=redis_url)) as store, client(results.url) as connected:
        sender = Sender(store, mirror)
        first = run_of(app, sender, "first")
        mirror.show(first, TASK)
        eventually(lambda: connected.exists("celery-task-meta-first"))
        results.pause()
        runs, before = [run_of(app, sender, f"run{number}") for number in range(4)], way.requests
        for run in runs:
            mirror.show(run, TASK)
        eventually(lambda: way.requests > before, what="the first of them is under way")
        began = time.monotonic()
        took = [timed(run.close) for run in runs]
        passed = time.monotonic() - began
        assert passed > 0.9 * JOB_WAIT_S, "its write is on its way, so the end gives it a moment"
        assert took[0] < FACTOR * JOB_WAIT_S
        assert min(took[1:]) < JOB_WAIT_S / 2, "nothing of theirs was begun"
        results.resume()
        last = run_of(app, sender, "last")
        mirror.show(last, TASK)
        eventually(lambda: connected.exists("celery-task-meta-last"))
        found = [connected.exists(f"celery-task-meta-{run.task_id}") for run in runs]
        assert found == [0] * 4, "a run that is closed gets no PROGRESS any more"
