"""Waiting for a record: what it takes, when it gives up, what it says then."""

import pytest
from celery import Celery

from progress_backend.record.model import Task
from progress_backend.store.drivers import Store
from progress_backend.testing import lost_worker, wait_for_progress
from tests.testing.shop import created, run_eagerly, running


def test_for_a_predicate(app: Celery, progress_store: Store) -> None:
    def saved(task: Task) -> bool:
        return task.results.get("saved") == 4

    assert wait_for_progress(progress_store, run_eagerly(app), saved).status == "completed"


def test_shows_the_record_when_the_time_is_over(progress_store: Store) -> None:
    task_id = running(progress_store)
    with pytest.raises(AssertionError, match=r"75 % within 0.05 s.*running \(2/4, 50 %, 'half"):
        wait_for_progress(progress_store, task_id, percentage=75, timeout=0.05)
    with pytest.raises(AssertionError, match="no record"):
        wait_for_progress(progress_store, "unknown", status="completed", timeout=0.05)


def test_gives_up_on_a_task_that_ended_otherwise(app: Celery, progress_store: Store) -> None:
    task_id = run_eagerly(app, rows=13)
    with pytest.raises(AssertionError, match="has ended.*ValueError: no luck"):
        wait_for_progress(progress_store, task_id, status="completed", timeout=600)


def test_waits_on_for_a_lost_one(progress_store: Store) -> None:
    task_id = created(progress_store)
    lost_worker(progress_store, task_id)
    with pytest.raises(AssertionError, match="within 0.1 s.*lost"):
        wait_for_progress(progress_store, task_id, status="completed", timeout=0.1)


def test_a_wait_needs_a_condition(progress_store: Store) -> None:
    with pytest.raises(ValueError, match="give a condition to wait for"):
        wait_for_progress(progress_store, "t-1")
