"""What happened to a task, over HTTP; what is kept of it: tests/behaviour/test_timelines.py."""

from __future__ import annotations

from tests.web.conftest import StartApi


def test_who_paused_and_resumed_a_task_and_why(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, timezone="Asia/Tokyo")
    task_id = api.create()
    api.update(task_id, "paused", by="alice", reason="the market is closed")
    api.update(task_id)
    answer = api.http.get(f"/internal/task/{task_id}/timeline")
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["task_id"], body["gone"]) == (task_id, 0)
    assert all(entry.pop("time").endswith("+09:00") for entry in body["entries"])
    assert {"event": "pause", "by": "alice", "text": "the market is closed"} in body["entries"]
    assert {"event": "resumed", "by": "api"} in body["entries"]
    assert api.http.get("/internal/task/nobody/timeline").status_code == 404
