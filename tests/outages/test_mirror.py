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
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.conftest import StartServer
from tests.outages.app import build
from tests.outages.fleet import client, close_app, pass_time
from tests.servers import Server
from tests.waiting import eventually

pytestmark = pytest.mark.integration

TASK = Task(task_id="t", task_type="quick", total_items=4, current_items=2)


@pytest.fixture
def results(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def app(results: Server) -> Iterator[Celery]:
    app = build(results.url, results.url, redis_url=results.url)
    yield app
    close_app(app)


def run_of(app: Celery, sender: Sender, task_id: str) -> Run:
    request = Context(id=task_id, is_eager=False, hostname="celery@tests")
    task = app.tasks["quick"]
    return Run(task_id, Identity(task_type="quick"), sender, celery_task=task, request=request)


def test_a_mirror_that_hangs_holds_the_end_up_for_one_wait_at_most(
    app: Celery, results: Server, redis_url: str
) -> None:
    mirror = Mirror(app, flower_events=True)
    with Store(Settings(redis_url=redis_url)) as store, client(results.url) as connected:
        sender = Sender(store, mirror)
        first = run_of(app, sender, "first")
        mirror.show(first, TASK)
        eventually(lambda: connected.exists("celery-task-meta-first"))
        results.pause()
        runs = [run_of(app, sender, f"run{number}") for number in range(3)]
        for run in runs:
            mirror.show(run, TASK)
        pass_time(0.1)  # the first of them is under way
        took = []
        for run in runs:
            began = time.monotonic()
            run.close()
            took.append(time.monotonic() - began)
        assert 0.15 < took[0] < 0.35, "its write is on its way, so the end gives it a moment"
        assert max(took[1:]) < 0.05, "nothing of theirs was begun"
        results.resume()
        last = run_of(app, sender, "last")
        mirror.show(last, TASK)
        eventually(lambda: connected.exists("celery-task-meta-last"))
        found = [connected.exists(f"celery-task-meta-{run.task_id}") for run in runs]
        assert found == [0, 0, 0], "a run that is closed gets no PROGRESS any more"
