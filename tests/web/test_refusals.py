"""Every way to be refused: the right code, a detail that helps, and nothing written."""

import json
from typing import Any

import pytest
import redis

from progress_backend.web.strict_request import MAX_BODY, MAX_DEPTH
from tests.records import Records
from tests.web.serving import RunningApi

JSON = {"Content-Type": "application/json"}
GOOD: dict[str, Any] = {"task_type": "t", "total_items": 1}


def post(api: RunningApi, body: bytes, path: str = "/internal/create-task") -> tuple[int, str]:
    answer = api.http.post(path, content=body, headers=JSON)
    return answer.status_code, json.dumps(answer.json(), ensure_ascii=False)


@pytest.fixture
def nothing_written(redis_url: str) -> Any:
    yield
    with redis.Redis.from_url(redis_url) as client:
        assert client.keys() == []


#: What is refused of a value: tests/record/test_caller_events.py.
NOT_AS_AGREED = [
    ({"total_items": 1}, "task_type"),
    ({**GOOD, "total_items": "5"}, "total_items"),
    ({**GOOD, "total_items": True}, "total_items"),
    ({**GOOD, "symbol": "a\u2028b"}, "symbol"),
    ({**GOOD, "total": 3}, "total"),
    ([], "body"),
    (None, "body"),
]


@pytest.mark.usefixtures("nothing_written")
def test_a_creation_that_is_not_as_agreed(api: RunningApi) -> None:
    for body, says in NOT_AS_AGREED:
        code, detail = post(api, json.dumps(body).encode())
        assert (code, says in detail) == (422, True), body


def test_a_parameter_that_is_unknown_is_answered_with_those_that_are_known(api: RunningApi) -> None:
    answer = api.http.get("/internal/tasks?type=x")
    assert answer.status_code == 422
    assert ", status, task_type, symbol, " in answer.json()["detail"][0]["msg"]


UNREADABLE = [
    (b"", "Field required"),
    (b"{", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    (b'{"task_type": "t", "total_items": NaN}', "NaN is not allowed"),
    (b'{"task_type": "t", "total_items": 1, "metadata": {"a": -Infinity}}', "Infinity"),
    (b'{"task_type": "t", "total_items": 1, "metadata": {"a": 1e999}}', "too large"),
    (b'{"task_type": "t", "total_items": 1%s}' % (b"0" * 5000), "not JSON"),
    (b'{"task_type": "t", "total_items": 1, "metadata": {"a": 1%s}}' % (b"0" * 30), "64 bits"),
    (b'{"task_type": "t\\ud800", "total_items": 1}', "surrogate"),
    (b'{"task_type": "t", "total_items": 1, "metadata": {"a": ["\\u0000"]}}', "null character"),
    (b"[" * 500_000, "deeper"),
]


@pytest.mark.usefixtures("nothing_written")
def test_a_body_that_not_every_client_can_read_is_refused(api: RunningApi) -> None:
    for body, says in UNREADABLE:
        code, detail = post(api, body)
        assert (code, says in detail) == (422, True), (body[:80], detail)


def test_nesting_up_to_the_limit_is_kept(api: RunningApi) -> None:
    deep: dict[str, Any] = {"end": 1}
    for _ in range(MAX_DEPTH - 3):
        deep = {"a": deep}
    task_id = api.create(metadata=deep)
    assert api.status(task_id).json()["metadata"] == deep


@pytest.mark.usefixtures("nothing_written")
def test_a_body_that_is_not_sent_as_json_is_refused(api: RunningApi) -> None:
    packed = {**JSON, "Content-Encoding": "gzip"}
    for headers, says in (
        ({}, "as application/json, not without a Content-Type"),
        ({"Content-Type": "application/xml"}, "not as application/xml"),
        (packed, "without Content-Encoding"),
    ):
        body = json.dumps(GOOD).encode()
        answer = api.http.post("/internal/create-task", content=body, headers=headers)
        assert (answer.status_code, says in answer.json()["detail"]) == (415, True), headers


@pytest.mark.usefixtures("nothing_written")
def test_a_large_body(api: RunningApi) -> None:
    code, detail = post(api, b'{"task_type": "' + b"x" * MAX_BODY + b'"}')
    assert (code, str(MAX_BODY) in detail) == (413, True)


@pytest.mark.usefixtures("nothing_written")
def test_a_large_body_that_does_not_say_its_size(api: RunningApi) -> None:
    chunks = (b" " * 65_536 for _ in range(MAX_BODY // 65_536 + 2))
    assert api.http.post("/internal/create-task", content=chunks, headers=JSON).status_code == 413


def test_a_whole_number_is_one_however_it_is_written(api: RunningApi) -> None:
    total = b"1.66E+3"
    body = b'{"task_type": "t", "total_items": %s}' % total
    answer = api.http.post("/internal/create-task", content=body, headers=JSON)
    assert answer.status_code == 201, answer.text
    assert answer.json()["total_items"] == 1660
    assert b'"total_items":1660,' in answer.content.replace(b": ", b":")
    current = b'{"status": "running", "current_items": %s}' % total
    path = f"/internal/task/{answer.json()['task_id']}/update"
    answer = api.http.put(path, content=current, headers=JSON)
    assert answer.json()["progress"]["current"] == 1660


def test_a_record_that_would_be_too_large(api: RunningApi) -> None:
    task_id = api.create()
    before = api.status(task_id).content
    answer = api.update(task_id, results={"a": "x" * 300_000})
    assert answer.status_code == 413
    assert "262144" in answer.json()["detail"]
    assert api.status(task_id).content == before


def test_an_update_that_is_not_as_agreed(api: RunningApi) -> None:
    task_id = api.create()
    before = api.status(task_id).content
    running: dict[str, Any] = {"status": "running"}
    for body in (
        {"status": "cancelled"},
        {**running, "current_items": "5"},
        {**running, "details": "text"},
        {**running, "unknown": 1},
    ):
        answer = api.http.put(f"/internal/task/{task_id}/update", json=body)
        assert answer.status_code == 422, body
    assert api.status(task_id).content == before


def test_a_cancel_that_is_not_as_agreed(api: RunningApi) -> None:
    task_id = api.create()
    for body in ({"terminate": "yes"}, {"why": "x"}, []):
        assert api.cancel(task_id, body).status_code == 422, body
    assert api.status(task_id).json()["status"] == "created"


@pytest.mark.parametrize(
    "query",
    [
        "status=done",
        "page=0",
        "page=1_0",
        "page=1000000001",
        "limit=0",
        "order=asc",
        "symbol=a%00b",
        "limit=1&limit=2",
    ],
)
def test_a_list_query_that_is_not_as_agreed(api: RunningApi, query: str) -> None:
    answer = api.http.get(f"/internal/tasks?{query}")
    assert answer.status_code == 422
    assert query.split("=", maxsplit=1)[0] in answer.text


def test_an_unknown_task(api: RunningApi) -> None:
    for answer in (api.status("nope"), api.update("nope"), api.cancel("nope")):
        assert answer.status_code == 404
        assert answer.json() == {"detail": "Task nope not found"}


@pytest.mark.parametrize("task_id", ["x" * 4_097, "a%00b", "a%0Ab", "%7F", "%E2%80%A8"])
def test_an_id_that_no_record_has(api: RunningApi, task_id: str) -> None:
    for answer in (api.status(task_id), api.update(task_id), api.cancel(task_id)):
        # A line's end is in no path that a route has.
        assert answer.status_code == (404 if "%0A" in task_id else 422)
        assert "%0A" in task_id or "task_id" in answer.text


def test_an_ended_task_is_left_alone(api: RunningApi) -> None:
    task_id = api.create()
    api.update(task_id, "error")
    before = api.status(task_id).content
    for answer in (api.update(task_id), api.update(task_id, "completed"), api.cancel(task_id)):
        assert answer.status_code == 409
        assert answer.json()["status"] == "error"
        assert task_id in answer.json()["detail"]
    assert api.status(task_id).content == before


def test_a_live_workers_run_ends_by_itself(api: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    task = records.start("job")
    assert task.worker is not None
    records.renew()
    before = api.status("job").content
    answer = api.update("job", "completed")
    assert (answer.status_code, answer.json()["status"]) == (409, "running")
    assert f"run by worker {task.worker.name}" in answer.json()["detail"]
    assert api.status("job").content == before
    assert api.update("job", "completed", force=True).json()["status"] == "completed"


def test_terminate_without_a_broker_changes_nothing(api: RunningApi) -> None:
    task_id = api.create()
    before = api.status(task_id).content
    answer = api.cancel(task_id, {"terminate": True})
    assert answer.status_code == 422
    assert "CELERY_BROKER_URL" in answer.json()["detail"]
    assert "serve -A" in answer.json()["detail"]
    assert api.status(task_id).content == before


def test_a_method_or_path_that_is_not_there(api: RunningApi) -> None:
    assert api.http.delete("/internal/tasks").status_code == 405
    assert api.http.delete("/internal/tasks").headers["allow"] == "GET, HEAD"
    assert api.http.get("/internal/nothing").status_code == 404
    socket = api.http.get("/internal/ws/tasks")
    assert (socket.status_code, "WebSocket" in socket.json()["detail"]) == (426, True)
    assert api.http.get("/internal/task//status").status_code == 422
