"""What a task, or who sends it, says while the store is away is recorded once it is back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from celery.exceptions import Ignore

from progress_backend import progress_task
from tests.apps import App
from tests.conftest import StartServer
from tests.servers import Server
from tests.waiting import eventually

pytestmark = pytest.mark.integration

EAGER = {"task_always_eager": True, "broker_url": "memory://", "result_backend": "cache+memory://"}


@pytest.fixture
def store(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def app(store: Server) -> Iterator[App]:
    with contextlib.closing(App(store.url, EAGER)) as app:
        yield app


def during(app: App, store: Server, body: Any) -> str:
    """The id of a task whose body runs while the store is dead; it is back, empty, by its end."""

    def run(self: Any) -> Any:
        app.record(self.request.id)
        store.kill()
        return body(self)

    task = app.task(name="run", bind=True, shared=False)(progress_task(run))
    try:
        return str(task.apply().id)
    finally:
        store.start()


@pytest.mark.parametrize(
    ("state", "meta", "status"),
    [
        ("SUCCESS", {"rows": 3}, "completed"),
        ("FAILURE", ValueError("by hand"), "error"),
        ("REVOKED", None, "cancelled"),
    ],
)
def test_an_end_that_the_task_sets_by_hand(
    app: App, store: Server, state: str, meta: Any, status: str
) -> None:
    def ends(self: Any) -> Any:
        self.update_state(state=state, meta=meta)
        raise Ignore

    task_id = during(app, store, ends)
    record = eventually(lambda: (r := app.record(task_id)).ended and r, 15)
    assert (record.status, record.attempt) == (status, 1)
    if status == "completed":
        assert record.results == {"rows": 3}
    elif status == "error":
        assert record.error_message == "ValueError: by hand"
    else:
        assert record.control is not None
        assert record.control["reason"] == "REVOKED"
