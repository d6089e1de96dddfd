"""Share tokens at the API: made with a task, sent in three ways, and gone when they expire."""

import asyncio
import json
import logging
from typing import Any

import httpx
import pytest

from progress_backend import Settings, sign
from progress_backend.credentials import tokens
from progress_backend.record import events as ev
from progress_backend.record.default_texts import text
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.mounting import application
from tests.web.serving import RunningApi
from tests.web.test_websockets import closed, received

KEY = "k" * 32
TEXT, TOKEN = tokens.new("writer", "write")
NEW = {"task_type": "fetch_data", "symbol": None, "total_items": 3}


def share(ttl: float = 60, **of: str) -> str:
    return sign(**of, ttl=ttl, settings=Settings(signing_keys=(KEY,)))


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def api(redis_url: str, start_api: StartApi) -> RunningApi:
    """With tokens and keys."""
    return start_api(redis_url=redis_url, tokens=(TOKEN.line(),), signing_keys=(KEY,))


def test_a_token_is_made_with_a_task_and_reads_that_task_alone(api: RunningApi) -> None:
    def create(**more: Any) -> httpx.Response:
        body = {**NEW, **more}
        return api.http.post("/internal/create-task", json=body, headers=bearer(TEXT))

    assert "share" not in create().json()
    made, short = create(share=True), create(share={"ttl": 5})
    assert made.status_code == short.status_code == 201
    token, task_id = made.json()["share"]["token"], made.json()["task_id"]
    assert api.status(task_id, headers=bearer(token)).json()["task_id"] == task_id
    assert api.status(short.json()["task_id"], headers=bearer(token)).status_code == 403
    answer = api.http.post(f"/internal/task/{task_id}/cancel", headers=bearer(token))
    assert answer.status_code == 403
    assert short.json()["share"]["expires_at"] < made.json()["share"]["expires_at"]
    for wrong in ({"ttl": 0}, {"ttl": 1e9}, {"ttl": 1, "x": 1}, "yes"):
        assert create(share=wrong).status_code == 422


def test_without_keys_nothing_is_created(own_api: RunningApi) -> None:
    answer = own_api.http.post("/internal/create-task", json={**NEW, "share": True})
    assert answer.status_code == 422
    assert "PROGRESS_SIGNING_KEYS" in answer.json()["detail"]
    assert own_api.http.get("/internal/tasks").json()["pagination"]["total"] == 0


def test_on_loopback_without_tokens_a_share_still_limits_its_holder(
    redis_url: str, start_api: StartApi
) -> None:
    api = start_api(redis_url=redis_url, signing_keys=(KEY,))
    task_id = api.create(share=True)
    assert api.status(task_id, headers=bearer(share(task_id="another"))).status_code == 403
    assert api.status(task_id, headers=bearer(share(task_id=task_id))).status_code == 200
    assert api.status(task_id).status_code == 200


def test_a_workflow_s_token_reads_its_members(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.member("inner", "outer", "canvas")
    records.member("stranger", "elsewhere")
    for workflow_id in ("outer", "canvas"):
        headers = bearer(share(workflow_id=workflow_id))
        assert api.status("inner", headers=headers).status_code == 200
        assert api.status("stranger", headers=headers).status_code == 403
        assert api.status("unknown", headers=headers).status_code == 403
        listed = api.http.get(f"/internal/tasks?workflow_id={workflow_id}", headers=headers)
        assert "inner" in listed.text
        assert api.http.get("/internal/tasks", headers=headers).status_code == 403
        elsewhere = api.http.get("/internal/tasks?workflow_id=elsewhere", headers=headers)
        assert elsewhere.status_code == 403


async def test_a_token_may_stand_in_the_query(api: RunningApi, redis_url: str) -> None:
    Records(redis_url).start("job")
    token = share(task_id="job")
    assert api.http.get(f"/internal/task/job/status?token={token}").status_code == 200
    assert api.http.get(f"/internal/task/job/status?token={TEXT}").status_code == 401
    typed = share(task_type="fetch_data")
    listed = api.http.get(f"/internal/tasks?limit=5&token={typed}&page=1")
    assert listed.json()["pagination"]["limit"] == 5
    async with api.watch(f"job?token={token}&heartbeat=10") as one:
        assert (await received(one))["status"] == "running"
    for path, code in ((f"tasks?token={token}", 4403), ("task/job?token=pbs_x", 4401)):
        async with api.socket(path) as one:
            assert await closed(one) == code


@pytest.mark.parametrize("kind", ["application", "router"])
async def test_no_log_has_a_token_of_the_query(
    redis_url: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor that of requests of an uvicorn without our options."""
    caplog.set_level(logging.INFO)
    Records(redis_url).start("job")
    settings = Settings(redis_url=redis_url, signing_keys=(KEY,))
    app = application(kind, settings)
    of_uvicorn = {"http": "auto", "ws": "auto", "log_level": "info", "access_log": True}
    api, token = RunningApi(app, **of_uvicorn).start(), share(task_id="job")
    try:
        for path in ("task/job/status", "task/nope/status", "tasks"):
            await asyncio.to_thread(api.http.get, f"/internal/{path}?token={token}")
        async with api.watch(f"job?token={token}") as one:
            await received(one)
        async with api.watch(f"nope?token={token}") as one:
            assert await closed(one) == 4403
    finally:
        api.stop()
    log = "".join(one.getMessage() for one in caplog.records if one.name.startswith("uvicorn"))
    assert '"WebSocket /internal/ws/task/nope" [accepted]' in log
    assert '"GET /internal/task/job/status HTTP/1.1" 200' in log
    assert token[8:] not in log
    assert "pbs_" not in log


def test_no_answer_repeats_a_token(api: RunningApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = share(task_id="job")
    paths = ("task/job/status", "task/x/status", "tasks", "tasks?page=0", "workflows", "health")
    for path in paths:
        joined = f"{path}{'&' if '?' in path else '?'}token={token}"
        for sent in ({}, bearer(token), bearer(token[:-1])):
            answer = api.http.get(f"/internal/{joined}", headers=sent)
            assert token[:-1] not in answer.text + str(answer.headers)
    assert token[:-1] not in api.http.get("/metrics", headers=bearer(TEXT)).text
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("progress_backend")]
    assert token not in "".join(ours)


OWNED, OWNED_TOKEN = tokens.new("ana", "write", owner="ana")
WHY, OWN = "OperationalError: no such host db-7.internal", "The file has no column for dates"
RAISED = f'row 7 is left out\nTraceback (most recent call last):\n  File "a.py", line 1\n{WHY}'
READS = [f"task/{one}/status" for one in ("fails", "cancels", "over", "unstarted", "never")]
READS += [f"task/{one}/timeline" for one in ("fails", "retries", "ran", "cancels")]
READS += ["task/fails/events", "task/fails/events?events=html", "tasks", "workflow/flow/status"]


def make_failures(records: Records) -> None:
    """Records with texts of exceptions in each place, and a text of the job's own."""
    retried, never = ev.Retried(message=WHY, retries=1), text("en", "not_published", reason=WHY)
    for task_id, event in (
        ("fails", ev.Failed(error_message=WHY)),
        ("own", ev.Failed(error_message=OWN * 6, given=True)),
        ("cancels", ev.Cancelled(by="task", reason=WHY)),
        ("retries", retried),
        ("ran", ev.Failed(error_message=WHY)),
        ("unstarted", retried),
        ("never", ev.Failed(error_message=never)),
    ):
        make = records.create if task_id in ("unstarted", "never") else records.start
        make(task_id, owner="ana")
        records.apply(task_id, event)
    for task_id, flow in (("first", "flow"), ("second", "flow"), ("only", "over")):
        records.member(task_id, flow, owner="ana")
    for task_id in ("first", "only", "retries", "ran"):
        records.run(task_id)
    for task_id in ("first", "only"):
        records.fail(task_id, WHY)
    records.log("ran", RAISED)


@pytest.mark.parametrize("show", [False, True])
@pytest.mark.parametrize("caller", ["share", "token", "session", "operator"])
async def test_what_exceptions_say_is_for_operators(
    redis_url: str, start_api: StartApi, caller: str, show: bool
) -> None:
    """And what the job says is for its user."""
    make_failures(records := Records(redis_url, locale="en"))
    known = {"tokens": (TOKEN.line(), OWNED_TOKEN.line()), "signing_keys": (KEY,)}
    api = start_api(redis_url=redis_url, show_errors=show, authorize=lambda *_: "ana", **known)
    sent = {"share": share(owner="ana"), "token": OWNED, "operator": TEXT}
    headers = bearer(sent[caller]) if caller in sent else {}
    says = caller == "operator" or (show and caller != "share")
    got: dict[str, str] = {}

    def request(path: str, method: str = "GET", body: object = None, **more: str) -> Any:
        its = {**headers, **more}
        answer = api.http.request(method, f"/internal/{path}", json=body, headers=its)
        assert answer.is_success, (path, answer.text)
        got[f"{method} {path} {more}"] = answer.text
        return answer

    for path in READS:
        request(path)
        request(path, **{"Accept-Language": "en"})
    for path in ("task/fails", "task/over", "workflow/flow"):
        request(f"{path}/status", Accept="text/html")
    if caller != "share":
        request("task/retries/update", "PUT", {"status": "paused"})
        request("workflow/flow/update", "PUT", {"status": "paused"})
    its = {"additional_headers": headers}
    async with api.watch("fails", **its) as one, api.socket("workflow/flow", **its) as flow:
        got["task"], got["flow"] = [json.dumps(await received(each)) for each in (one, flow)]
    async with api.socket("tasks", **its) as every, api.socket("watch", **its) as shared:
        await shared.send(json.dumps({"watch": "a", "task_id": "fails"}))
        got["shared"] = json.dumps(await received(shared))
        await (await every.ping())
        await asyncio.to_thread(records.fail, "retries", WHY)
        got["every"] = json.dumps(await received(every))
    assert {name: WHY in text for name, text in got.items()} == dict.fromkeys(got, says)
    assert request("task/own/status").json()["error_message"] == OWN * 6
    assert request("task/own/timeline").json()["entries"][-1]["text"].startswith(OWN)
    (line,) = request("task/ran/log").json()["lines"]
    assert line["text"] == (RAISED if caller == "operator" else RAISED.partition("\n")[0])
