"""What happened to a task, over HTTP; what is kept of it: tests/behaviour/test_timelines.py."""

from __future__ import annotations

import logging

import pytest

from progress_backend import sign, tokens
from progress_backend.operations import leases, stacks
from progress_backend.record import timeline
from progress_backend.record.model import rendered
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.web import audit
from tests.records import Records
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


def test_a_stack_is_asked_for_and_shown_to_who_may_write_alone(
    start_api: StartApi, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, audit.logger.name)
    made = {right: tokens.new(right, right) for right in ("read", "write")}
    settings = {"tokens": tuple(token.line() for _, token in made.values())}
    api = start_api(redis_url=redis_url, signing_keys=("k" * 32,), **settings)
    reads, writes = ({"Authorization": f"Bearer {made[one][0]}"} for one in ("read", "write"))
    token = sign(task_id="runs", settings=Settings(signing_keys=("k" * 32,)))
    Records(redis_url).start("runs")
    with Store(Settings(redis_url=redis_url)) as store:
        store.ready()
        store.execute(leases.renew("lease-1", 2**52))
        entry = {"time": rendered(store.now()), "event": "stack", "cause": "late", "frames": []}
        store.execute(stacks.keep("runs", timeline.encoded(entry)))
    answer = api.http.post("/internal/task/runs/stack", headers=writes)
    assert answer.status_code == 202
    assert set(answer.json()) == {"task_id", "requested_at"}
    answer = api.http.post("/internal/task/runs/stack", headers=writes)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 10
    assert [each.audit["what"] for each in caplog.records if hasattr(each, "audit")] == ["stack"]
    for headers, shown in (
        (writes, True),
        (reads, False),
        ({"Authorization": f"Bearer {token}"}, False),
    ):
        body = api.http.get("/internal/task/runs/timeline", headers=headers).json()
        assert ("stack" in [each["event"] for each in body["entries"]]) == shown
