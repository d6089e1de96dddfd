"""The specification's health body."""

from __future__ import annotations

from importlib.metadata import version

from tests.web.serving import RunningApi


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
