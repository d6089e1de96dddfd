"""The beat task that deletes ended records: where it stands in the schedule, and one pass of it.
Real beat processes: tests/integration/test_cleaning.py."""

from __future__ import annotations

from progress_backend import progress_task
from progress_backend.tracking.cleanup import NAME, cleanup
from tests.apps import App
from tests.conftest import Install
from tests.records import Records
from tests.waiting import eventually


def test_it_is_scheduled_once_an_hour_and_expires_with_it(installed: Install) -> None:
    app = installed().celery
    app.finalize()
    entry = app.conf.beat_schedule[NAME]
    assert (entry["task"], entry["schedule"]) == (NAME, 3_600)
    assert entry["options"]["expires"] == 3_600
    assert app.tasks[NAME].ignore_result is True


def test_the_interval_is_a_setting(installed: Install) -> None:
    app = installed({"progress_cleanup_interval_s": 60}).celery
    app.finalize()
    assert app.conf.beat_schedule[NAME]["schedule"] == 60


def test_a_schedule_of_the_teams_own_stays(installed: Install) -> None:
    own = {"nightly": {"task": "x", "schedule": 5.0}}
    app = installed({"beat_schedule": own}).celery
    app.finalize()
    assert set(app.conf.beat_schedule) == {"nightly", NAME}


def test_it_can_be_left_out(installed: Install) -> None:
    app = installed(beat=False).celery
    app.finalize()
    assert NAME not in app.conf.beat_schedule
    assert NAME not in app.tasks


def test_it_has_no_record_itself(installed: Install) -> None:
    app = installed({"task_always_eager": True}, track="all")
    app.celery.finalize()
    app.celery.tasks[NAME].delay()
    assert app.records() == []


def test_a_pass_deletes_what_is_due_and_nothing_else(installed: Install, redis_url: str) -> None:
    app, records = installed({"task_always_eager": True}, retention_s=0.3), Records(redis_url)
    records.start("running")
    records.create("queued")
    ended = app.task(name="ended", shared=False)(progress_task(nothing)).delay().id
    assert cleanup(app.tracker) == 0
    assert eventually(lambda: cleanup(app.tracker)) == 1
    assert set(app.records()) == {"running", "queued"}
    assert app.document(ended) == {}


def nothing() -> None:
    pass


def test_a_setting_that_cannot_be_used_leaves_it_out(installed: Install) -> None:
    app = installed({"progress_cleanup_interval_s": "hourly"}).celery
    app.finalize()
    assert NAME not in app.tasks


def test_where_tracking_is_off_there_is_nothing_to_do(redis_url: str) -> None:
    elsewhere = {"broker_url": "memory://", "result_backend": "cache+memory://"}
    app = App(redis_url, elsewhere, redis_url=None)
    assert cleanup(app.tracker) == 0
    app.close()
