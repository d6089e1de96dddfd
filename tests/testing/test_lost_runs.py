"""A worker that looks dead, judged as in production."""

import pytest
from celery import Celery

from progress_backend import TaskAlreadyFinished, TaskNotFound
from progress_backend.store.drivers import Store
from progress_backend.testing import Clock, lost_worker, wait_for_progress
from tests.testing.shop import GO_ON, created, run_eagerly, running


def test_loses_the_run_of_an_in_process_worker_that_takes_it_back(
    in_worker: Celery, progress_store: Store
) -> None:
    sent = in_worker.tasks["import_rows"].delay("7203.T", 4, wait=True)
    held = wait_for_progress(progress_store, sent.id, percentage=50).worker
    task = lost_worker(progress_store, sent.id)
    assert (task.status, task.error_cause, task.worker) == ("error", "lost", held)
    assert held.name in (task.error_message or "")
    GO_ON.set()
    assert wait_for_progress(progress_store, sent.id, status="completed").attempt == 1


def test_begins_a_task_that_waits(progress_store: Store) -> None:
    task = lost_worker(progress_store, created(progress_store))
    assert (task.status, task.error_cause, task.attempt) == ("error", "lost", 1)


def test_judges_one_after_the_other(progress_store: Store) -> None:
    for task_id in ("t-1", "t-2"):
        created(progress_store, task_id)
    assert lost_worker(progress_store, "t-1").ended
    assert not wait_for_progress(progress_store, "t-2", status="created").ended
    assert lost_worker(progress_store, "t-2").ended


def test_with_a_clock_that_stands_still(progress_store: Store, progress_clock: Clock) -> None:
    assert lost_worker(progress_store, created(progress_store)).completed_at == (progress_clock.now)


def test_refuses_what_no_reaping_pass_would_judge(app: Celery, progress_store: Store) -> None:
    with pytest.raises(TaskNotFound):
        lost_worker(progress_store, "unknown")
    with pytest.raises(TaskAlreadyFinished):
        lost_worker(progress_store, run_eagerly(app))
    with pytest.raises(ValueError, match="no worker runs"):
        lost_worker(progress_store, running(progress_store))
