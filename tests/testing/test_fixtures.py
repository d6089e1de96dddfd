"""The store that the tracked apps record into during a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery

from progress_backend import Settings
from progress_backend.flows.task_page import summary
from progress_backend.store.memory import MemoryStore
from progress_backend.testing import wait_for_progress
from progress_backend.tracking.tracker import recording_into, tracker_of
from tests.testing.shop import GO_ON, build, run_eagerly


class TestStore:
    def test_records_an_eager_task_without_a_server(
        self, app: Celery, progress_store: MemoryStore
    ) -> None:
        task = wait_for_progress(progress_store, run_eagerly(app), status="completed")
        assert (task.symbol, task.results, task.progress) == ("7203.T", {"saved": 4}, (4, 4, 100))

    def test_records_what_an_in_process_worker_runs_live(
        self, in_worker: Celery, progress_store: MemoryStore
    ) -> None:
        sent = in_worker.tasks["import_rows"].delay("7203.T", 4, wait=True)
        task = wait_for_progress(progress_store, sent.id, percentage=50)
        assert (task.status, task.message) == ("running", "row 2")
        assert task.worker is not None
        GO_ON.set()
        assert wait_for_progress(progress_store, sent.id, status="completed").attempt == 1
        assert sent.get(timeout=10) == {"saved": 4}

    def test_records_for_an_app_installed_later(self, progress_store: MemoryStore) -> None:
        later = build()
        task_id = run_eagerly(later)
        assert wait_for_progress(progress_store, task_id, status="completed").ended
        later.close()

    def test_is_empty_at_first_and_lists_what_was_recorded(
        self, app: Celery, progress_store: MemoryStore
    ) -> None:
        flow = progress_store.flows.page(1, 20)
        assert summary(progress_store.run(flow))["completed"] == 0
        run_eagerly(app)
        assert summary(progress_store.run(progress_store.flows.page(1, 20)))["completed"] == 1

    def test_publishes_are_recorded_before_any_worker_takes_them(
        self, app: Celery, progress_store: MemoryStore
    ) -> None:
        sent = app.tasks["import_rows"].delay("7203.T", 4)
        assert wait_for_progress(progress_store, sent.id, status="created").total_items == 4

    def test_afterwards_the_app_records_to_its_own_store_again(self, app: Celery) -> None:
        tracker = tracker_of(app)
        assert tracker is not None
        store = MemoryStore()
        with recording_into(store):
            assert tracker.process is not None
            assert tracker.process.store is store
        assert tracker.process is None  # this app has no store of its own

    class TestOfAnEnglishApp:
        @pytest.fixture
        def app(self) -> Iterator[Celery]:
            app = build(progress_locale="en")
            yield app
            app.close()

        def test_takes_the_apps_settings(self, app: Celery, progress_store: MemoryStore) -> None:
            task = wait_for_progress(progress_store, run_eagerly(app), status="completed")
            assert task.message == "Completed"

    class TestOverridden:
        @pytest.fixture
        def progress_settings(self) -> Settings:
            return Settings(locale="en", lease_s=5, retention_s=60)

        def test_goes_by_the_overridden_settings(
            self, app: Celery, progress_store: MemoryStore
        ) -> None:
            task = wait_for_progress(progress_store, run_eagerly(app), status="completed")
            assert task.message == "Completed"
