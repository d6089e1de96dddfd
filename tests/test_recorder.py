"""`progress_backend.recorder` in celery-progress' place."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from progress_backend import progress_task
from progress_backend.recorder import ProgressRecorder
from tests.apps import App
from tests.waiting import eventually

backend = pytest.importorskip("celery_progress.backend")


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    app = App(redis_url, {"task_always_eager": True})
    yield app
    app.close()


def test_what_it_says_is_in_the_record(app: App) -> None:
    def job(self: Any) -> dict[str, Any]:
        recorder = ProgressRecorder(self)
        for current, total, said in ((1, 4, "one"), (Decimal("2.5"), 4, ""), (3, 0, "")):
            state, meta = recorder.set_progress(current, total, said)
            eventually(lambda n=int(current): app.record(self.request.id).current_items == n)
        message = app.record(self.request.id).message
        recorder.increment_progress(description="four")
        eventually(lambda: app.record(self.request.id).message == "four")
        assert (recorder.current, recorder.description) == (4, "four")
        return {"state": state, "meta": meta, "message": message}

    task = app.task(name="job", bind=True, shared=False)(progress_task(job))
    record = app.record(task.delay().id)
    meta = {"pending": False, "current": 3, "total": 0, "percent": 0, "description": ""}
    assert record.results == {"state": "PROGRESS", "meta": meta, "message": "処理中... (3/4)"}
    assert (record.status, record.total_items) == ("completed", 4)


def test_it_returns_what_celery_progress_does(app: App) -> None:
    said: list[Any] = []

    def job(self: Any) -> None:
        recorders = (ProgressRecorder(self), backend.ProgressRecorder(self))
        said.extend(recorder.set_progress(1, 3, "one") for recorder in recorders)

    app.task(name="both", bind=True, shared=False)(progress_task(job)).delay()
    assert said[0] == said[1]
