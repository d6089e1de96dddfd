"""Writes that others overtake: they try on, and 409 is left to what the status refuses."""

from __future__ import annotations

import pytest

from progress_backend import tokens
from progress_backend.flows import task_flows
from progress_backend.service import redis_progress_service
from tests.conftest import StartServer
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

WRITERS, WRITES = 12, 4


def test_one_that_never_gets_through_may_come_again(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = api.create()
    monkeypatch.setattr(task_flows, "TRIES", 0)
    monkeypatch.setattr(redis_progress_service, "_TURNS_S", (0.01, 0.01))
    for answer in (api.update(task_id), api.cancel(task_id)):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert "changed by others" in answer.json()["detail"]
        assert "status" not in answer.json()
    monkeypatch.undo()
    assert api.update(task_id).status_code == 200


def test_what_is_away_is_not_said_by_its_address(api_without_store: RunningApi) -> None:
    answer = api_without_store.http.get("/internal/tasks")
    assert answer.status_code == 503
    assert answer.json() == {"detail": "the progress store does not answer"}
    writes = [
        api_without_store.http.post(
            "/internal/create-task", json={"task_type": "t", "total_items": 1}
        ),
        api_without_store.update("job"),
        api_without_store.cancel("job"),
        api_without_store.status("job"),
        api_without_store.http.get("/internal/task/job/events"),
        api_without_store.http.get("/internal/health"),
        api_without_store.http.get("/metrics"),
    ]
    for answer in writes:
        assert answer.status_code == (200 if "/metrics" in str(answer.url) else 503)
        assert "127.0.0.1" not in answer.text, answer.url
        assert "Error " not in answer.text, answer.url


def test_a_limited_token_gets_503_while_the_store_is_away(
    start_server: StartServer, start_api: StartApi
) -> None:
    """What the token may read depends on the record."""
    server, (text, token) = start_server(), tokens.new("one", "read", "fetch_data")
    api = start_api(redis_url=server.url, tokens=(token.line(),))
    server.kill()
    answer = api.status("job", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("the store does not answer, so that nobody knows")
