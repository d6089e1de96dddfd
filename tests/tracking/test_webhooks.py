"""The beat task that sends events: where it stands in the schedule, and one run of it."""

from __future__ import annotations

import logging

import pytest

from progress_backend import progress_task
from progress_backend.tracking.cleanup import NAME as CLEANUP
from progress_backend.tracking.webhooks import INTERVAL_S, NAME, send
from progress_backend.webhooks import delivery
from tests.conftest import Install
from tests.webhooks.targets import receiving, spec


def nothing() -> None: ...


def test_it_is_in_the_schedule_only_where_targets_are(installed: Install) -> None:
    with_targets, without = installed(webhooks=spec()).celery, installed().celery
    for app in (with_targets, without):
        app.finalize()
    assert set(without.conf.beat_schedule) == {CLEANUP}
    assert NAME not in without.tasks
    entry = with_targets.conf.beat_schedule[NAME]
    assert (entry["task"], entry["schedule"]) == (NAME, INTERVAL_S)
    assert entry["options"]["expires"] == INTERVAL_S
    assert with_targets.tasks[NAME].ignore_result is True


def test_a_run_sends_what_a_job_has_left(installed: Install) -> None:
    with receiving() as receiver:
        target = spec(url=receiver.url, allow_private=True)
        app = installed({"task_always_eager": True}, webhooks=target)
        task_id = app.task(name="ended", shared=False)(progress_task(nothing)).delay().id
        send(app.tracker, 0.5)
        assert [event["subject"] for event in receiver.events] == [task_id]
        assert receiver.types == ["progress.task.completed"]


def test_without_the_extra_it_says_what_is_missing(
    installed: Install, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(delivery, "find_spec", lambda name: None)
    app = installed(webhooks=spec())
    send(app.tracker, 0.1)
    send(app.tracker, 0.1)
    said = [one.getMessage() for one in caplog.records if "webhooks" in one.getMessage()]
    wanted = "pip install 'progress-backend[webhooks]'"
    assert said == [f"webhooks need httpcore and standardwebhooks: {wanted}"]
