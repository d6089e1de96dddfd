"""The beat task that deletes ended records: where it stands in the schedule, and one pass of it.
Real beat processes: tests/integration/test_cleaning.py."""

from typing import Any

import pytest

from progress_backend.store.drivers import RedisClock
from progress_backend.tracking.cleanup import NAME, cleanup
from tests.apps import App
from tests.conftest import Install
from tests.records import Records


@pytest.mark.parametrize(
    ("interval", "beat", "scheduled"),
    [(None, True, 3_600), (60, True, 60), (None, False, None), ("hourly", True, None)],
    ids=["the default", "a setting", "left out", "a setting that cannot be used"],
)
def test_the_interval_is_a_setting(
    installed: Install, interval: Any, beat: bool, scheduled: int | None
) -> None:
    conf = {"progress_cleanup_interval_s": interval} if interval else {}
    own = {"nightly": {"task": "x", "schedule": 5.0}}
    app = installed({"beat_schedule": dict(own), **conf}, beat=beat).celery
    app.finalize()
    if scheduled is None:
        assert app.conf.beat_schedule == own
        assert NAME not in app.tasks
        return
    assert set(app.conf.beat_schedule) == {"nightly", NAME}
    entry = app.conf.beat_schedule[NAME]
    assert (entry["task"], entry["schedule"]) == (NAME, scheduled)
    assert entry["options"]["expires"] == scheduled
    assert app.tasks[NAME].ignore_result is True


def nothing(self: Any) -> None:
    pass


def test_it_has_no_record_itself(installed: Install) -> None:
    app = installed({"task_always_eager": True}, track="all")
    app.celery.finalize()
    app.celery.tasks[NAME].delay()
    assert app.records() == []


def test_a_pass_deletes_what_is_due_and_nothing_else(
    installed: Install, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, records = installed({"task_always_eager": True}, retention_s=3_600), Records(redis_url)
    records.start("running")
    records.create("queued")
    ended = app.call(nothing).task_id
    assert cleanup(app.tracker) == 0
    seconds = RedisClock.seconds
    monkeypatch.setattr(RedisClock, "seconds", lambda clock: seconds(clock) + 3_600)
    assert cleanup(app.tracker) == 1
    assert set(app.records()) == {"running", "queued"}
    assert app.document(ended) == {}


def test_where_tracking_is_off_there_is_nothing_to_do(redis_url: str) -> None:
    elsewhere = {"broker_url": "memory://", "result_backend": "cache+memory://"}
    app = App(redis_url, elsewhere, redis_url=None)
    assert cleanup(app.tracker) == 0
    app.close()
