"""get_task: one read for code without an event loop."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import redis
from celery import Celery

from progress_backend import (
    ForeignValue,
    SettingsError,
    StoreUnavailable,
    get_task,
    install,
    progress_task,
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
    assert body is not None
    assert (body["task_id"], body["status"], body["symbol"]) == (task_id, "completed", "7203.T")
    assert (body["results"], body["final"]) == ({"rows": 4}, True)
    assert get_task(app.celery, "unknown") is None
    with redis.Redis.from_url(redis_url) as client:
        connections = len(client.client_list())
        for _ in range(20):
            get_task(app.celery, task_id)
        assert len(client.client_list()) == connections, "it keeps the one that it has"


def test_a_forked_child_reads_over_a_connection_of_its_own(app: App) -> None:
    assert get_task(app.celery, "unknown") is None
    if (child := os.fork()) == 0:
        os._exit(0 if get_task(app.celery, "unknown") is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert get_task(app.celery, "unknown") is None


def test_a_value_that_is_no_record_says_so(app: App, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("shop:task:x", b"somebody's")
    with pytest.raises(ForeignValue):
        get_task(app.celery, "x")


def test_an_app_that_is_not_installed_or_has_no_store_says_what_to_do() -> None:
    bare = Celery("bare", broker="memory://", set_as_current=False)
    with pytest.raises(SettingsError, match=r"call install\(app\) first"):
        get_task(bare, "x")
    install(bare)
    with pytest.raises(SettingsError, match="set PROGRESS_REDIS_URL"):
        get_task(bare, "x")


def test_a_store_that_is_away_says_so(start_server: StartServer) -> None:
    server = start_server()
    app = App(server.url)
    try:
        assert get_task(app.celery, "x") is None
        server.kill()
        with pytest.raises(StoreUnavailable):
            get_task(app.celery, "x")
    finally:
        app.close()
