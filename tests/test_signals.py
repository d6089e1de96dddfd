"""Signals that only a part that is away provokes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from progress_backend import install, progress_task
from progress_backend.memory import MemoryStore
from progress_backend.testing import wait_for_progress

#: Nobody listens there.
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def app() -> Iterator[Celery]:
    app = Celery("unheard", broker="memory://", backend=AWAY, set_as_current=False)
    # The broker in memory is one for the whole process: other tests' workers have other queues.
    app.conf.task_default_queue = "unheard"
    app.conf.broker_transport_options = {"polling_interval": 0.02}
    app.conf.result_backend_transport_options = {"retry_policy": {"max_retries": 0}}
    install(app)

    @app.task(bind=True, name="job", shared=False)
    @progress_task
    def job(self: object) -> str:
        return "done"

    yield app
    app.close()


@pytest.mark.filterwarnings("ignore:Exception raised outside body:RuntimeWarning")
@pytest.mark.parametrize("started", [False, True])
def test_a_run_whose_end_celery_cannot_store_ends_with_that_error(
    app: Celery, progress_store: MemoryStore, started: bool
) -> None:
    app.conf.task_track_started = started
    # An app of its own: one with results would wait for them where nobody listens.
    publisher = Celery("publisher", broker="memory://", set_as_current=False)
    with start_worker(app, pool="threads", perform_ping_check=False, shutdown_timeout=20):
        publisher.send_task("job", task_id="unheard", queue="unheard")
        task = wait_for_progress(progress_store, "unheard", status="error")
    publisher.close()
    assert task.error_cause == "internal_error"
    assert "ConnectionError" in (task.error_message or "")
    assert task.attempt == 1
