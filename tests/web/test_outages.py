"""Redis goes and comes: calls are refused in time, and health says what is away."""

import pytest

from progress_backend.credentials import tokens
from progress_backend.flows import task_flows
from progress_backend.service import redis_progress_service
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.conftest import StartServer
from tests.waiting import eventually
from tests.web.conftest import Apart, StartApi
from tests.web.serving import RunningApi


def test_every_call_says_that_the_store_is_away(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no answer says where it is."""
    monkeypatch.setattr("progress_backend.live.receivers.SUBSCRIBE_S", 0.3)
    server, api = apart
    api.create()
    server.kill()
    for answer in (
        api.http.post("/internal/create-task", json={"task_type": "t", "total_items": 1}),
        api.update("job"),
        api.status("job"),
        api.cancel("job"),
        api.http.get("/internal/tasks"),
        api.workflow("group"),
        api.http.get("/internal/workflows"),
        api.http.get("/internal/task/job/events"),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        does = "confirm a subscription" if "events" in str(answer.url) else "answer"
        assert answer.json() == {"detail": f"the progress store does not {does}"}
    health = api.http.get("/internal/health")
    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert health.json()["dependencies"]["redis"]["status"] == "disconnected"
    assert api.http.get("/internal/health/live").status_code == 200
    assert "127.0.0.1" not in health.text + api.http.get("/metrics").text

    server.start()
    api.create()
    eventually(lambda: api.http.get("/internal/health").status_code == 200)


def test_a_store_that_hangs_holds_no_request_for_long(apart: Apart) -> None:
    server, api = apart
    task_id = api.create()
    server.pause()
    # Before the client's own time-out, which is an error.
    assert api.status(task_id).status_code == 503
    server.resume()
    assert api.status(task_id).status_code == 200


def test_a_dead_listener_shows_in_health(start_api: StartApi, redis_url: str) -> None:
    app = create_app(Settings(redis_url=redis_url))

    @app.post("/stop-listening")
    async def stop_listening() -> None:
        await app.state.progress.listener.stop()

    own = start_api(app)
    eventually(lambda: own.http.get("/internal/health").status_code == 200)
    assert own.http.post("/stop-listening").is_success
    health = own.http.get("/internal/health")
    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert health.json()["dependencies"]["redis"]["status"] == "connected"
    assert health.json()["dependencies"]["listener"]["status"] == "disconnected"


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
