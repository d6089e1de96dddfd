"""Acts on many tasks, over real HTTP and a real store."""

from typing import Any

import pytest

from progress_backend.credentials import tokens
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

DEPLOY, DEPLOY_TOKEN = tokens.new("deploy", "write")
ALICE, ALICE_TOKEN = tokens.new("alice", "write", owner="alice")


def acted(api: RunningApi, text: str | None = None, **asked: Any) -> dict[str, Any]:
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    answer = api.http.post("/internal/act", json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def statuses(records: Records, *task_ids: str) -> list[str]:
    return [str(records.get(task_id).status) for task_id in task_ids]


def test_named_tasks_and_what_refuses_each(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.create("a")
    records.start("b")
    records.start("done")
    records.complete("done")
    ids = ["a", "b", "done", "never", "gone", "a"]
    body = acted(api, action="pause", ids=ids, by="somebody", reason="tonight")
    assert body["requested"] == 2
    refused = {one["task_id"]: one["why"] for one in body["refused"]}
    assert list(refused) == ["done", "never", "gone"]
    assert "completed" in refused["done"]
    assert [one["code"] for one in body["refused"]] == ["completed", "not_found", "not_found"]
    assert [*body["refused_counts"].items()] == [("not_found", 2), ("completed", 1)]
    assert statuses(records, "a", "b", "done") == ["paused", "paused", "completed"]
    control = records.get("b").control
    assert (control["by"], control["reason"]) == ("somebody", "tonight")
    assert acted(api, action="resume", ids=["a", "b"])["requested"] == 2
    assert statuses(records, "a", "b") == ["created", "running"]
    assert acted(api, action="cancel", ids=["a"])["requested"] == 1
    assert statuses(records, "a", "b") == ["cancelled", "running"]


@pytest.mark.parametrize(
    "asked",
    [
        {"action": "cancel"},
        {"action": "delete", "ids": ["a"]},
        {"action": "cancel", "ids": []},
        {"action": "cancel", "ids": [f"t{n}" for n in range(201)]},
    ],
)
def test_what_cannot_be_asked(api: RunningApi, asked: dict[str, Any]) -> None:
    assert api.http.post("/internal/act", json=asked).status_code == 422
    beside = {"action": "cancel", "ids": ["a"], "filter": {"status": "running"}}
    assert api.http.post("/internal/act", json=beside).status_code == 422, "ids alone"


def test_many_count_as_many_writes(redis_url: str, start_api: StartApi) -> None:
    api = start_api(redis_url=redis_url, tokens=(ALICE_TOKEN.line(),), max_writes=0.01)
    ids, headers = [f"t{n}" for n in range(5)], {"Authorization": f"Bearer {ALICE}"}
    acted(api, ALICE, action="cancel", ids=ids)
    again = api.http.post("/internal/act", json={"action": "cancel", "ids": ids}, headers=headers)
    assert again.status_code == 429
