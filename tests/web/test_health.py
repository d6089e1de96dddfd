"""The specification's health body."""

from importlib.metadata import version
from pathlib import Path

import pytest

from progress_backend.credentials import tokens
from tests.web.conftest import StartApi
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
