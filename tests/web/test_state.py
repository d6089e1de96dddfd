"""The state of an application: its pass finds lost runs though no worker is alive."""

import threading
from typing import Any

import pytest
from celery import Celery

from progress_backend.record import events as ev
from progress_backend.record.responses import still_runs
from progress_backend.terminal.opening import of_api
from progress_backend.terminal.readers import TasksReader
from progress_backend.web.state import result_backend_of
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_websockets import received

#: Quick to judge; all of the store's keys are the test's own.
QUICK: dict[str, Any] = {"lease_s": 1, "reap_interval_s": 0.2}


def running(redis_url: str, seconds: float) -> None:
    """A running task of a worker with a lease that is valid for so long."""
    Records(redis_url).start("job")
    Records(redis_url).renew(seconds=seconds)


def status_of(api: RunningApi) -> tuple[str, str | None]:
    body = api.status("job").json()
    return body["status"], body.get("error_cause")


async def test_a_silent_run_is_found_by_an_api_process_alone(
    start_api: StartApi, redis_url: str
) -> None:
    running(redis_url, 86_400)
    api = start_api(redis_url=redis_url, **QUICK)
    async with api.watch("job") as socket:
        assert (await received(socket))["status"] == "running"
        Records(redis_url).renew(seconds=-60)
        message = await received(socket)
    assert message["status"] == "error"
    assert "celery@tests" in message["error_message"]
    assert status_of(api) == ("error", "lost")


def test_a_cancelled_run_is_over_when_its_workers_lease_is(
    start_api: StartApi, redis_url: str
) -> None:
    running(redis_url, 86_400)
    api = start_api(redis_url=redis_url, **QUICK)
    url = f"http://127.0.0.1:{api.port}"

    def still() -> list[bool]:
        html = api.status("job", headers={"Accept": "text/html"}).text
        listed = api.http.get("/internal/tasks?top=1&sort=running").json()["tasks"]
        workers = api.http.get("/internal/workers").json()
        with of_api(url, None, "en") as source:
            (shown,) = TasksReader(source, ["job"]).read().tasks
        bodies = (api.status("job").json(), *listed)
        doors = (*map(still_runs, bodies), 'data-final="false"' in html, shown.still_runs)
        return [*doors, workers["still_running"] == 1]

    assert api.cancel("job").status_code == 200
    assert still() == [True] * 5
    Records(redis_url).renew(seconds=-60)
    eventually(lambda: still() == [False] * 5)


def test_the_cancel_of_a_waiting_task_is_its_end(start_api: StartApi, redis_url: str) -> None:
    Records(redis_url).apply("job", ev.Created(identity=ev.Identity("fetch_data")))
    api = start_api(redis_url=redis_url)
    assert api.cancel("job").status_code == 200
    assert not still_runs(api.status("job").json())
    assert api.http.get("/internal/workers").json()["still_running"] == 0


def test_an_end_that_the_result_backend_knows_is_recorded(
    start_api: StartApi, redis_url: str
) -> None:
    app = Celery("proj", broker=redis_url, backend=redis_url, set_as_current=False)
    running(redis_url, -60_000)
    app.backend.store_result("job", {"saved": 7}, "SUCCESS")
    api = start_api(redis_url=redis_url, celery_app=app, **QUICK)
    eventually(lambda: status_of(api) == ("completed", None))
    assert api.status("job").json()["results"] == {"saved": 7}


def test_which_result_backend_is_asked(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    assert result_backend_of() is None
    assert result_backend_of(Celery("bare", set_as_current=False)) is None
    monkeypatch.setenv("CELERY_RESULT_BACKEND", redis_url)
    Celery("proj", backend=redis_url, set_as_current=False).backend.store_result("a", 3, "SUCCESS")
    ask = result_backend_of()
    answers = ask(["a", "b"])
    assert type(answers["a"]).__name__ == "Completed"
    assert answers.get("b") is None


def test_the_pass_ends_with_the_application(start_api: StartApi, redis_url: str) -> None:
    before = set(threading.enumerate())
    api = start_api(redis_url=redis_url)
    assert len(set(threading.enumerate()) - before) >= 1
    api.stop()
    eventually(lambda: set(threading.enumerate()) <= before)
