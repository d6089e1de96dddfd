"""The specification's health body."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import redis

from progress_backend.credentials import tokens
from progress_backend.errors import StoreUnavailable
from progress_backend.operations.values import MORE_ROOM
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.waiting import eventually
from tests.web.conftest import Apart, StartApi
from tests.web.serving import RunningApi
from tests.webhooks.targets import spec


def test_the_specifications_body(api: RunningApi) -> None:
    first, second = api.create(), api.create()
    api.update(first)
    api.update(second, "completed")
    answer = api.http.get("/internal/health")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "healthy"
    assert body["version"] == version("progress-backend")
    assert (body["active_tasks"], body["total_tasks_today"]) == (1, 2)
    assert body["memory_usage"]["tasks_in_memory"] == 2
    assert body["memory_usage"]["memory_usage_mb"] > 0
    assert body["dependencies"]["redis"]["status"] == "connected"
    assert 0 < body["dependencies"]["redis"]["response_time_ms"] < 2000
    assert body["dependencies"]["listener"]["status"] == "connected"


def test_the_process_answers(api: RunningApi) -> None:
    answer = api.http.get("/internal/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_it_is_degraded_while_a_file_of_rights_or_targets_cannot_be_read(
    redis_url: str, start_api: StartApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.credentials.file_version.LOOK_S", 0.0)
    files = {"tokens": tmp_path / "tokens", "webhooks": tmp_path / "webhooks.json"}
    lines = {"tokens": tokens.new("one", "read")[1].line(), "webhooks": spec("one")}
    for what, file in files.items():
        file.write_text(lines[what])
    api = start_api(
        redis_url=redis_url, tokens_file=str(files["tokens"]), webhooks_file=str(files["webhooks"])
    )

    def health() -> tuple[int, str, str]:
        answer = api.http.get("/internal/health")
        body = answer.json()
        return answer.status_code, body["status"], body.get("reason") or ""

    assert health() == (200, "healthy", "")
    for what, file in files.items():
        file.unlink()
        code, status, reason = health()
        assert (code, status) == (200, "degraded")
        assert what in reason
        assert str(tmp_path) not in reason, "the route is open to every client"
        file.write_text(lines[what])
        assert health() == (200, "healthy", "")


def reason(api: RunningApi) -> str:
    answer = api.http.get("/internal/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    return str(answer.json()["reason"])


def test_a_store_that_takes_no_writes(apart: Apart) -> None:
    server, api = apart
    eventually(lambda: api.http.get("/internal/health").json()["status"] == "healthy")
    task_id = api.create()
    with redis.Redis.from_url(server.url) as raw:
        raw.config_set("maxmemory", 1)
        assert reason(api) == f"its memory is full: {MORE_ROOM}"
        assert api.status(task_id).status_code == 200
        with Store(Settings(redis_url=server.url)) as store:
            created = ev.Created(identity=ev.Identity("t"))
            with pytest.raises(StoreUnavailable, match=f"OOM .*; {re.escape(MORE_ROOM)}"):
                store.run(store.flows.apply("t", (created,), store.now()))
        raw.config_set("maxmemory", 0)
        raw.config_set("maxmemory-policy", "allkeys-lru")
        assert "maxmemory-policy is allkeys-lru; set it to noeviction" in reason(api)
        assert "progress_store_evicts 1.0" in api.http.get("/metrics").text
        raw.config_set("maxmemory-policy", "noeviction")
        assert "progress_store_evicts 0.0" in api.http.get("/metrics").text
        assert api.http.get("/internal/health").json()["status"] == "healthy"
        raw.replicaof("127.0.0.1", "1")
        assert reason(api) == "it is a read-only replica"
        raw.replicaof("NO", "ONE")
        raw.execute_command("ACL SETUSER default -publish")
        assert api.update(task_id).status_code == 503
        assert "may not publish" in reason(api)
        raw.execute_command("ACL SETUSER default +publish")
        assert api.http.get("/internal/health").json()["status"] == "healthy"
        assert api.http.get("/internal/health").json()["dependencies"]["redis"]["key_prefix"] == ""
