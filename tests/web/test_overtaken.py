"""Writes that others overtake: they try on, and 409 is left to what the status refuses."""

import pytest

from progress_backend.credentials import tokens
from progress_backend.flows import task_flows
from progress_backend.service import redis_progress_service
from tests.conftest import StartServer
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


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


def test_a_limited_token_gets_503_while_the_store_is_away(
    start_server: StartServer, start_api: StartApi
) -> None:
    """What the token may read depends on the record."""
    server, (text, token) = start_server(), tokens.new("one", "read", "fetch_data")
    api = start_api(redis_url=server.url, tokens=(token.line(),))
    server.kill()
    answer = api.status("job", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith(
        "the store does not answer, so the owner of this task is not known"
    )
