"""What happened to a task, over HTTP."""

from __future__ import annotations

from progress_backend.flows import task_timeline
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.web.conftest import StartApi


def test_who_paused_and_resumed_a_task_and_why(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, timezone="Asia/Tokyo")
    task_id = api.create()
    api.update(task_id, current_items=3, details={"phase": "read"})
    pause = {"status": "paused", "by": "alice", "reason": "the market is closed"}
    api.http.put(f"/internal/task/{task_id}/update", json=pause).raise_for_status()
    api.update(task_id, current_items=4)
    with Store(Settings(redis_url=redis_url)) as store:
        store.ready()
        store.run(task_timeline.keep_samples(task_id, 1, b"0:0 900:3", store.settings))
    api.update(task_id, "error", error_message="no prices")
    answer = api.http.get(f"/internal/task/{task_id}/timeline")
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    names = ["created", "started", "phase", "pause", "resumed", "ended"]
    assert sorted(entry["event"] for entry in body["entries"]) == sorted(names)
    found = {entry.pop("event"): entry for entry in body["entries"]}
    times = [entry.pop("time") for entry in found.values()]
    assert times == sorted(times)
    assert all(time.endswith("+09:00") for time in times)
    assert found["pause"] == {"by": "alice", "text": "the market is closed"}
    assert found["resumed"] == {"by": "api"}
    assert found["phase"] == {"text": "read"}
    assert found["ended"] == {"status": "error", "cause": "reported", "text": "no prices"}
    assert (body["task_id"], body["gone"]) == (task_id, 0)
    # The samples are those of attempts that the record knows: a task outside of Celery has none.
    assert body["samples"] == []
    assert api.http.get("/internal/task/nobody/timeline").status_code == 404
