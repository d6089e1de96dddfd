"""Acts on many tasks, over real HTTP and a real store."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from progress_backend import tokens
from progress_backend.errors import InvalidEvent
from progress_backend.flows import chosen_tasks
from progress_backend.service.services import RedisProgressService
from progress_backend.web.openapi import bodies
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

DEPLOY, DEPLOY_TOKEN = tokens.new("deploy", "write")
ALICE, ALICE_TOKEN = tokens.new("alice", "write", owner="alice")
TYPED, TYPED_TOKEN = tokens.new("typed", "write", "other")
NONE_REFUSED: Final[dict[str, Any]] = {"refused": [], "refused_counts": {}, "more": False}


def acted(api: RunningApi, text: str | None = None, **asked: Any) -> dict[str, Any]:
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    answer = api.http.post("/internal/act", json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    bodies.ActedOn.model_validate(body)
    return body


def statuses(records: Records, *task_ids: str) -> list[str]:
    return [str(records.get(task_id).status) for task_id in task_ids]


def test_named_tasks_and_what_refuses_each(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.create("a")
    records.start("b")
    records.start("done")
    records.complete("done")
    ids = ["a", "b", "done", "never", "a"]
    body = acted(api, action="pause", ids=ids, by="somebody", reason="tonight")
    assert (body["asked"], body["more"]) == (2, False)
    refused = {one["task_id"]: one["why"] for one in body["refused"]}
    assert list(refused) == ["done", "never"]
    assert "completed" in refused["done"]
    assert [one["code"] for one in body["refused"]] == ["completed", "not_found"]
    assert body["refused_counts"] == {"completed": 1, "not_found": 1}
    assert statuses(records, "a", "b", "done") == ["paused", "paused", "completed"]
    control = records.get("b").control
    assert control is not None
    assert (control["by"], control["reason"]) == ("somebody", "tonight")
    assert acted(api, action="resume", ids=["a", "b"])["asked"] == 2
    assert statuses(records, "a", "b") == ["created", "running"]
    assert acted(api, action="cancel", ids=["a"])["asked"] == 1
    assert statuses(records, "a", "b") == ["cancelled", "running"]


def test_those_that_pass_a_filter_the_newest_first(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    for n in range(5):
        records.create(f"t{n}", symbol="7203.T" if n % 2 else "6758.T", owner="bob")
    records.complete("t4")
    found = acted(api, action="cancel", filter={"symbol": "6758.T"}, limit=1)
    assert found == {**NONE_REFUSED, "asked": 1, "more": True}
    assert statuses(records, "t0", "t2", "t4") == ["created", "cancelled", "completed"]
    begun = records.get("t0").created_at
    assert begun is not None
    before = (begun - timedelta(hours=1)).isoformat()
    assert acted(api, action="cancel", filter={"created_to": before})["asked"] == 0
    found = acted(api, action="pause", filter={"owner": "bob", "created_from": before})
    assert found == {**NONE_REFUSED, "asked": 3}
    assert acted(api, action="resume", filter={})["asked"] == 3
    done = acted(api, action="cancel", filter={"status": "completed"})
    assert (done["asked"], [one["task_id"] for one in done["refused"]]) == (0, ["t4"])


def test_by_ids_and_by_remarks_those_that_the_action_changes(
    api: RunningApi, redis_url: str
) -> None:
    records = Records(redis_url)
    for task_id in ("inside-1", "inside-2", "inside-3", "out-1"):
        records.start(task_id, owner="bob")
        records.remark(task_id, late=datetime.now(UTC))
    records.complete("inside-1")
    assert acted(api, action="resume", filter={"id_prefix": "inside-"})["asked"] == 0
    assert acted(api, action="resume", filter={"remark": "late"})["asked"] == 0
    found = acted(api, action="pause", filter={"id_prefix": "inside-"}, limit=1)
    assert found == {**NONE_REFUSED, "asked": 1, "more": True}
    assert acted(api, action="pause", filter={"id_prefix": "inside-"})["asked"] == 1
    assert statuses(records, "inside-1", "inside-2", "inside-3", "out-1") == [
        *("completed", "paused", "paused", "running")
    ]
    assert acted(api, action="cancel", filter={"remark": "late"})["asked"] == 1
    assert statuses(records, "inside-3", "out-1") == ["paused", "cancelled"]


@pytest.mark.parametrize(
    "asked",
    [
        {"action": "cancel"},
        {"action": "delete", "ids": ["a"]},
        {"action": "cancel", "ids": []},
        {"action": "cancel", "ids": ["a"], "filter": {}},
        {"action": "cancel", "ids": ["a"], "limit": 5},
        {"action": "cancel", "ids": [f"t{n}" for n in range(201)]},
        {"action": "cancel", "filter": {}, "limit": 1001},
        {"action": "cancel", "filter": {"page": 2}},
        {"action": "cancel", "filter": {"created_to": "soon"}},
        {"action": "cancel", "filter": {"remark": "late", "symbol": "x"}},
        {"action": "cancel", "filter": {"id_prefix": "inside", "status": "running"}},
        {"action": "cancel", "filter": {"id_prefix": "insid"}},
    ],
)
async def test_what_cannot_be_asked(api: RunningApi, redis_url: str, asked: dict[str, Any]) -> None:
    assert api.http.post("/internal/act", json=asked).status_code == 422
    async with RedisProgressService(redis_url) as service:
        with pytest.raises(InvalidEvent):
            await service.act(**asked)


async def test_a_service_asks_alike(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    for n in range(3):
        records.create(f"t{n}")
    async with RedisProgressService(redis_url) as service:
        found = await service.act("pause", ["t0", "never"], reason="why")
        assert (found["asked"], found["refused"][0]["task_id"]) == (1, "never")
        asked = {"action": "cancel", "filter": {"task_type": "fetch_data"}, "limit": 2}
        found = await service.handle_request("/internal/act", "POST", asked)
        assert found == {**NONE_REFUSED, "asked": 2, "more": True}


def test_each_task_by_the_callers_right_and_with_a_line(
    redis_url: str, start_api: StartApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "progress_backend.audit")
    lines = (DEPLOY_TOKEN.line(), ALICE_TOKEN.line())
    api, records = start_api(redis_url=redis_url, tokens=lines), Records(redis_url)
    records.create("mine", owner="alice")
    records.create("bobs", owner="bob")
    body = acted(api, ALICE, action="pause", ids=["mine", "bobs"], reason="why")
    assert (body["asked"], [one["task_id"] for one in body["refused"]]) == (1, ["bobs"])
    assert "alone" in body["refused"][0]["why"]
    assert body["refused_counts"] == {"forbidden": 1}
    assert acted(api, ALICE, action="cancel", filter={})["asked"] == 1
    assert statuses(records, "mine", "bobs") == ["cancelled", "created"]
    said = [json.loads(r.getMessage()) for r in caplog.records if r.name.endswith(".audit")]
    told = [(one["what"], one["id"], one["who"], one["answer"]) for one in said]
    assert sorted(told[:2], key=str) == [
        ("update", "bobs", "alice", 403),
        ("update", "mine", "alice", 200),
    ]
    assert told[2:] == [
        ("update", None, "alice", 200),
        ("cancel", "mine", "alice", 200),
        ("update", None, "alice", 200),
    ]
    assert {one["why"] for one in said[:3]} == {"why"}
    assert acted(api, DEPLOY, action="cancel", filter={"owner": "bob"})["asked"] == 1


@pytest.mark.parametrize(
    ("text", "chosen"),
    [(ALICE, {"owner": "bob"}), (TYPED, {"task_type": "fetch_data"}), (TYPED, {"remark": "late"})],
    ids=["another owner", "another type", "any type"],  # a token is another in each process
)
def test_a_filter_tells_nobody_the_ids_of_others_tasks(
    redis_url: str, start_api: StartApi, text: str, chosen: dict[str, str]
) -> None:
    lines = (ALICE_TOKEN.line(), TYPED_TOKEN.line())
    api, records = start_api(redis_url=redis_url, tokens=lines), Records(redis_url)
    records.create("bobs", owner="bob")
    headers, asked = {"Authorization": f"Bearer {text}"}, {"action": "cancel", "filter": chosen}
    answer = api.http.post("/internal/act", json=asked, headers=headers)
    assert (answer.status_code, "bobs" in answer.text) == (403, False)
    assert statuses(records, "bobs") == ["created"]


def test_many_count_as_many_writes(redis_url: str, start_api: StartApi) -> None:
    api = start_api(redis_url=redis_url, tokens=(DEPLOY_TOKEN.line(),), max_writes=0.01)
    ids, headers = [f"t{n}" for n in range(5)], {"Authorization": f"Bearer {DEPLOY}"}
    acted(api, DEPLOY, action="cancel", ids=ids)
    again = api.http.post("/internal/act", json={"action": "cancel", "ids": ids}, headers=headers)
    assert again.status_code == 429


def test_few_that_pass_among_very_many_are_not_looked_for_without_a_bound(
    api: RunningApi, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(redis_url)
    monkeypatch.setattr(chosen_tasks, "_MOST_PAGES", 1)
    monkeypatch.setattr(chosen_tasks, "_PAGE", 1)
    records.create("first", symbol="rare", owner="bob")
    for n in range(11):
        records.create(f"t{n}", owner="bob")
    found = acted(api, action="cancel", filter={"owner": "bob", "symbol": "rare"})
    assert (found["asked"], found["more"]) == (0, True)
