"""get_task and workflow_status: reads for the code that sends jobs."""

from collections.abc import Iterator
from contextlib import closing

import pytest
import redis
from celery import Celery, _state, chain, chord, group

from progress_backend import (
    ForeignValue,
    SettingsError,
    StoreUnavailable,
    get_task,
    install,
    progress_task,
    workflow_status,
)
from tests.apps import App
from tests.conftest import StartServer


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    opened = App(redis_url, {"task_always_eager": True, "progress_key_prefix": "shop:"})
    yield opened
    opened.close()


def test_it_gives_the_body_of_a_task(app: App, redis_url: str) -> None:
    @app.task(name="job", shared=False)
    @progress_task(symbol="7203.T")
    def job() -> dict[str, int]:
        return {"rows": 4}

    task_id = job.delay().id
    body = get_task(app.celery, task_id)
    assert (body["task_id"], body["status"], body["symbol"]) == (task_id, "completed", "7203.T")
    assert (body["results"], body["final"]) == ({"rows": 4}, True)
    assert get_task(app.celery, "unknown") is None
    with redis.Redis.from_url(redis_url) as client:
        before = client.info("stats")["total_connections_received"]
        for _ in range(20):
            get_task(app.celery, task_id)
        opened = client.info("stats")["total_connections_received"] - before
        assert opened < 20, "it keeps the one that it has"


def nothing(*_: object) -> None:
    return None


@pytest.fixture
def sending(redis_url: str) -> Iterator[App]:
    """An app without a worker: its canvases stay as they were sent."""
    opened = App(redis_url, track="all")
    for name in ("fetch", "merge"):
        opened.task(name=name, shared=False)(nothing)
    yield opened
    opened.close()


def test_it_gives_the_workflow_of_a_result(sending: App) -> None:
    app = sending.celery
    fetch, merge = app.tasks["fetch"], app.tasks["merge"]
    for canvas in (
        group(fetch.s(1), fetch.s(2), merge.s()),
        chord([fetch.s(1), fetch.s(2)], merge.s()),
        chain(fetch.s(1), fetch.s(2), merge.s()),
    ):
        result = canvas.apply_async()
        body = workflow_status(result)
        assert (body["workflow_id"], body["status"], body["final"]) == (result.id, "created", False)
        assert workflow_status(result.id, app) == body
    assert workflow_status(fetch.delay(1)) is None, "a single task is no workflow"
    assert workflow_status("unknown", app) is None
    as_task = get_task(app, group(fetch.s(1), fetch.s(2)).apply_async().id)
    assert (as_task["task_type"], as_task["progress"]["total"]) == ("workflow", 2)


def test_without_an_app_an_id_is_looked_up_in_the_current_one(
    sending: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = group(sending.celery.tasks["fetch"].s(n) for n in range(2)).apply_async()
    monkeypatch.setattr(_state._tls, "current_app", Celery("bare", set_as_current=False))
    with pytest.raises(SettingsError, match=r"workflow_status .* call install\(app\) first"):
        workflow_status(result.id)
    monkeypatch.setattr(_state._tls, "current_app", sending.celery)
    assert workflow_status(result.id)["progress"]["total"] == 2


def test_a_value_that_is_no_record_and_a_store_that_is_away_say_so(
    app: App, redis_url: str, start_server: StartServer
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("shop:task:x", b"somebody's")
    with pytest.raises(ForeignValue):
        get_task(app.celery, "x")
    server = start_server()
    with closing(App(server.url)) as away:
        assert get_task(away.celery, "x") is None
        server.kill()
        with pytest.raises(StoreUnavailable):
            get_task(away.celery, "x")


def test_an_app_that_is_not_installed_or_has_no_store_says_what_to_do() -> None:
    bare = Celery("bare", broker="memory://", set_as_current=False)
    with pytest.raises(SettingsError, match=r"call install\(app\) first"):
        get_task(bare, "x")
    install(bare)
    with pytest.raises(SettingsError, match="set PROGRESS_REDIS_URL"):
        get_task(bare, "x")
