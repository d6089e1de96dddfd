"""A job is started and run again where the records are on a cluster."""

from collections.abc import Iterator
from typing import Any

import pytest

from progress_backend import progress_task
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.apps import App, in_process, working
from tests.web.serving import RunningApi

pytestmark = pytest.mark.wide


@pytest.fixture
def app(settings: Settings, redis_url: str) -> Iterator[App]:
    app = App(redis_url, in_process("starts-cluster"), redis_url=settings.redis_url)

    @app.task(bind=True, name="fetch", shared=False)  # type: ignore[untyped-decorator]  # Celery's
    @progress_task(start=True)
    def fetch(self: Any, rows: int) -> dict[str, int]:
        return {"rows": rows}

    yield app
    app.close()


@pytest.fixture
def api(app: App, settings: Settings) -> Iterator[RunningApi]:
    running = RunningApi(create_app(settings, celery_app=app.celery, start=True))
    yield running.start()
    running.stop()


def test_a_job_is_started_once_and_run_again(app: App, api: RunningApi) -> None:
    key, wait = {"Idempotency-Key": "k"}, {"Prefer": "wait=50"}
    with working(app.celery):
        done = [
            api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key | wait).json()
            for _ in range(2)
        ]
        assert done[0] == done[1]
        assert (done[0]["status"], done[0]["results"]) == ("completed", {"rows": 3})
        old = done[0]["task_id"]
        answers = [api.http.post(f"/internal/task/{old}/again", headers=key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        (new,) = {answer.json()["task_id"] for answer in answers}
        path = f"/internal/task/{new}/status"
        found = api.http.get(path, headers=wait).json()
        assert (found["again_of"], found["results"]) == (old, {"rows": 3})
        assert api.http.get(f"/internal/task/{old}/status").json()["again_by"] == new
        other = api.http.post("/internal/jobs/fetch", json={"rows": 4}, headers=key)
        assert other.status_code == 422
