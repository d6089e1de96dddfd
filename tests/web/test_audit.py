"""The audit log: who did what by HTTP, from where, when and why."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from progress_backend.credentials import tokens
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

TEXT, TOKEN = tokens.new("deploy", "write")
OWNED, OWNED_TOKEN = tokens.new("alice", "write", owner="alice")
READING, READER = tokens.new("reader", "read")
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO, "progress_backend.audit")

    def found() -> list[dict[str, Any]]:
        own = [one for one in caplog.records if one.name == "progress_backend.audit"]
        assert not [one for one in own if "pb_" in one.getMessage()], "a token in the log"
        assert all(one.getMessage().isprintable() for one in own), "more than a line"
        return [json.loads(one.getMessage()) for one in own]

    return found


@pytest.fixture
def api(redis_url: str, start_api: StartApi) -> RunningApi:
    made = tuple(one.line() for one in (TOKEN, OWNED_TOKEN, READER))
    return start_api(redis_url=redis_url, tokens=made)


def without_time(line: dict[str, Any]) -> dict[str, Any]:
    """A line without its time, which is one."""
    assert line.pop("at")[:2] == "20"
    assert line.pop("address") == "127.0.0.1"
    return line


def test_each_write_is_one_line(api: RunningApi, redis_url: str, lines: Lines) -> None:
    records = Records(redis_url)
    records.start("job")
    records.member("member", "group")
    http, sent = api.http, {"Authorization": f"Bearer {TEXT}"}
    new = {"task_type": "fetch_data", "total_items": 1, "owner": "bob"}
    made = http.post("/internal/create-task", json=new, headers=sent).json()["task_id"]
    traced = {**sent, "traceparent": TRACE}
    why = {"by": "bob", "reason": "password=hunter2 \nCRITICAL\x1b[2J\u2028\x85"}
    http.put("/internal/task/job/update", json={"status": "paused", **why}, headers=traced)
    http.put("/internal/task/job/update", json={"status": "running"}, headers=sent)
    http.post("/internal/task/job/cancel", json={"reason": "no more"}, headers=sent)
    http.post("/internal/task/job/cancel", headers=sent)
    http.put("/internal/workflow/group/update", json={"status": "paused"}, headers=sent)
    http.post("/internal/workflow/group/cancel", headers=sent)
    http.post("/internal/task/member/cancel", json={"no": "such"}, headers=sent)
    for path in ("task/job/status", "tasks", "health"):
        http.get(f"/internal/{path}", headers=sent)
    for path in ("task/job/cancel", "create-task", "act"):  # no write: 405
        assert http.options(f"/internal/{path}", headers=sent).status_code == 405
    task, flow = {"kind": "task", "who": "deploy"}, {"kind": "workflow", "who": "deploy"}
    assert [without_time(line) for line in lines()] == [
        {
            **task,
            "what": "create",
            "id": made,
            "task_type": "fetch_data",
            "owner": "bob",
            "answer": 201,
        },
        {
            "what": "update",
            "kind": "task",
            "id": "job",
            "who": "bob (deploy)",
            "why": "password=*** \nCRITICAL\x1b[2J\u2028\x85",
            "status": "paused",
            "answer": 200,
            "trace_id": TRACE[3:35],
        },
        {**task, "what": "update", "id": "job", "status": "running", "answer": 200},
        {**task, "what": "cancel", "id": "job", "why": "no more", "answer": 200},
        {**task, "what": "cancel", "id": "job", "answer": 409},
        {**flow, "what": "update", "id": "group", "status": "paused", "answer": 200},
        {**flow, "what": "cancel", "id": "group", "answer": 200},
        {**task, "what": "cancel", "id": "member", "answer": 422},
    ]


def test_a_known_callers_refusal_is_a_line_and_an_unknown_ones_none(
    api: RunningApi, redis_url: str, lines: Lines
) -> None:
    Records(redis_url).start("job", owner="bob")
    for text in (OWNED, READING, tokens.new("x", "write")[0], None):
        headers = {} if text is None else {"Authorization": f"Bearer {text}"}
        assert api.http.post("/internal/task/job/cancel", headers=headers).status_code > 400
    assert [(line["who"], line["answer"]) for line in lines()] == [("alice", 403), ("reader", 403)]


def test_refused_lines_are_few(api: RunningApi, redis_url: str, lines: Lines) -> None:
    """Of each caller, whatever it asks for; the metrics count all."""
    Records(redis_url).start("job", owner="bob")
    mine, reader = ({"Authorization": f"Bearer {one}"} for one in (OWNED, READING))
    api.app.state.progress.limits._clock = lambda: 1.0
    for number in range(12):
        path = f"/internal/task/{'x' * 60_000}{number}/cancel"
        assert api.http.post(path, headers=reader).status_code == 403
    ids = {"action": "cancel", "ids": ["job", *map(str, range(11))]}
    assert api.http.post("/internal/act", json=ids, headers=mine).status_code == 200
    figures = api.http.get("/metrics", headers={"Authorization": f"Bearer {TEXT}"}).text
    assert 'progress_refused_total{kind="right"} 24.0' in figures
    for who in ("reader", "alice"):
        assert len([line for line in lines() if (line["who"], line["answer"]) == (who, 403)]) == 10
    assert max(len(line.get("id") or "") for line in lines()) == 255


NAMES = [(None, "deploy"), ("alice", "alice (deploy)"), ("a" * 255, "a" * 246 + " (deploy)")]


@pytest.mark.parametrize("kind", ["task", "workflow", "workflow as a task"])
def test_an_act_has_the_tokens_name(api: RunningApi, redis_url: str, kind: str) -> None:
    records, bearer = Records(redis_url), {"Authorization": f"Bearer {TEXT}"}
    for number, (given, kept) in enumerate(NAMES):
        if kind == "task":
            records.create(its_id := f"job-{number}")
        else:
            records.member(f"member-{number}", its_id := f"its-workflow-{number}")
        path = f"/internal/{'workflow' if kind == 'workflow' else 'task'}/{its_id}"
        for method, act, body in (("PUT", "update", {"status": "paused"}), ("POST", "cancel", {})):
            asked = body if given is None else {**body, "by": given}
            answer = api.http.request(method, f"{path}/{act}", json=asked, headers=bearer)
            assert answer.is_success, answer.text
            assert api.http.get(f"{path}/status", headers=bearer).json()["control"]["by"] == kept
