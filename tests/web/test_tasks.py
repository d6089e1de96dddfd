"""What the specification says of each call, over real HTTP and a real store."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import redis

from progress_backend.credentials import tokens
from progress_backend.record import events as ev
from progress_backend.web.openapi.examples import NEW_TASK, UPDATE
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00"


def test_the_specifications_creation(api: RunningApi) -> None:
    answer = api.http.post("/internal/create-task", json=NEW_TASK)
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"[0-9a-f-]{36}", body.pop("task_id"))
    assert re.fullmatch(TIME, body.pop("created_at"))
    assert body == {
        "status": "created",
        "task_type": "fetch_data",
        "symbol": "7203.T",
        "total_items": 252,
        "estimate": None,
        "estimated_completion": None,  # nothing is known of the type yet
    }


def test_a_creation_is_estimated_once_a_run_of_the_type_is_known(
    api: RunningApi, redis_url: str
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("task_runs:fetch_data", "[1,0.1,1,null]\n")
    body = api.http.post("/internal/create-task", json=NEW_TASK).json()
    assert re.fullmatch(TIME, body["estimated_completion"])
    assert body["estimated_completion"] > body["created_at"]
    # What is known of a type is read again a second after it was.
    eventually(lambda: api.status(body["task_id"]).json()["estimated_completion"])


def test_the_specifications_update(api: RunningApi) -> None:
    task_id = api.create()
    answer = api.http.put(f"/internal/task/{task_id}/update", json=UPDATE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["task_id"] == task_id
    assert body["status"] == "running"
    assert body["progress"] == {"current": 150, "total": 252, "percentage": 59.5}
    assert re.fullmatch(TIME, body["updated_at"])
    assert body["processing_details"] == UPDATE["details"]
    assert body["start_time"] is not None


def test_the_status_body_is_the_stored_document(api: RunningApi, redis_url: str) -> None:
    task_id = api.create(task_type="unseen")  # no rate is known that would estimate its end
    api.update(task_id, current_items=150, message="処理しています")
    answer = api.status(task_id)
    assert answer.headers["content-type"] == "application/json"
    with redis.Redis.from_url(redis_url) as client:
        stored = client.get(f"task:{task_id}")
    body, kept = stored.split(b',"_":{')
    assert answer.content == body + b"}"
    assert kept.startswith(b'"v":')


def test_who_asked_for_a_pause_or_a_cancel_and_why(api: RunningApi) -> None:
    task_id = api.create()
    asked = api.update(task_id, "paused", reason="closed", by="desk").json()["control"]
    assert (asked["action"], asked["by"], asked["reason"]) == ("pause", "desk", "closed")
    assert re.fullmatch(TIME, asked["at"])
    assert "control" not in api.update(task_id).json()
    refused = api.update(task_id, reason="closed")
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "reason needs status paused, not running",
    )
    assert api.update(task_id, "paused").json()["control"]["by"] == "api"
    asked = api.cancel(task_id, {"reason": "wrong file", "by": "desk"}).json()["control"]
    assert (asked["action"], asked["by"], asked["reason"]) == ("cancel", "desk", "wrong file")


def test_an_unchanged_task_is_not_sent_again(api: RunningApi) -> None:
    task_id = api.create()
    first = api.status(task_id)
    tag = first.headers["etag"]
    again = api.status(task_id, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    api.update(task_id, current_items=1)
    changed = api.status(task_id, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("body", [None, {}, {"reason": "もう要りません", "terminate": False}])
def test_cancel_takes_an_optional_body(api: RunningApi, body: object) -> None:
    task_id = api.create()
    url = f"/internal/task/{task_id}/cancel"
    answer = api.http.post(url) if body is None else api.http.post(url, json=body)
    assert answer.status_code == 200
    cancelled = answer.json()
    assert cancelled["status"] == "cancelled"
    assert cancelled["current_status"] == "タスクがキャンセルされました"
    assert cancelled["control"]["reason"] == (body or {}).get("reason")
    assert cancelled == api.status(task_id).json()


def test_a_list_has_rows_pages_and_counts(api: RunningApi) -> None:
    first, second, other = (api.create() for _ in range(3))
    api.update(second)
    body = api.http.get("/internal/tasks").json()
    assert [row["task_id"] for row in body["tasks"]] == [other, second, first]
    assert body["pagination"] == {"page": 1, "limit": 20, "total": 3, "pages": 1}
    counts = {"created": 2, "running": 1, "paused": 0, "completed": 0, "error": 0, "cancelled": 0}
    assert body["summary"] == counts
    # Lists give no estimate from the type's rate, which may be known here.
    one = json.loads(api.status(second).content)
    one.pop("estimate", None)
    assert body["tasks"][1] == {**one, "estimated_completion": None}


def test_an_empty_text_is_no_value_and_the_most_rows_are_a_bound(api: RunningApi) -> None:
    task_id = api.create(symbol="", owner="")
    body = api.status(task_id).json()
    assert (body["symbol"], body.get("owner")) == (None, None)
    empty = "status=&symbol=&task_type=&owner=&workflow_id=&id_prefix=&created_from=&page=&top="
    for limit, most in (("", 20), ("100", 100), ("101", 100), (str(10**12), 100)):
        body = api.http.get(f"/internal/tasks?{empty}&limit={limit}").json()
        assert [row["task_id"] for row in body["tasks"]] == [task_id]
        assert body["pagination"] == {"page": 1, "limit": most, "total": 1, "pages": 1}


def test_filters_without_an_index_of_both_are_refused_by_name(api: RunningApi) -> None:
    for pair in ({"owner": "alice", "task_type": "x"}, {"top": "true", "status": "running"}):
        answer = api.http.get("/internal/tasks", params=pair)
        assert answer.status_code == 422
        assert all(name in answer.json()["detail"] for name in pair)


def test_a_token_of_owner_and_type_lists_by_every_filter(
    redis_url: str, start_api: StartApi
) -> None:
    text, token = tokens.new("one", "read", "fetch", owner="alice")
    api = start_api(redis_url=redis_url, tokens=(token.line(),))
    records = Records(redis_url)
    begun = datetime.now(UTC) - timedelta(minutes=1)
    for n in range(8):
        task_type, owner = ("merge" if n == 6 else "fetch"), ("bob" if n == 7 else "alice")
        symbol = "7203.T" if n % 2 else "6758.T"
        identity = ev.Identity(task_type, 9, symbol, owner=owner)
        records.apply(f"8a0000-{n}", ev.Created(identity=identity))
        records.apply(f"8a0000-{n}", ev.Progressed(current=1))
    records.warning("8a0000-3", late=datetime.now(UTC))
    records.complete("8a0000-0")
    spans = {"created_from": begun.isoformat()}

    def listed(**query: str) -> list[int]:
        found, cursor = [], None
        for _ in range(10):
            more = {} if cursor is None else {"cursor": cursor}
            headers = {"Authorization": f"Bearer {text}"}
            asked = {"limit": "2", **query, **more}
            answer = api.http.get("/internal/tasks", params=asked, headers=headers)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += [int(row["task_id"][-1]) for row in body["tasks"]]
            if (cursor := body.get("cursor")) is None:
                return found
        raise AssertionError("it goes on without an end")

    assert listed() == listed(**spans) == [5, 4, 3, 2, 1, 0]
    assert listed(task_type="fetch", owner="alice") == [5, 4, 3, 2, 1, 0]
    assert listed(status="running") == [5, 4, 3, 2, 1]
    assert listed(symbol="7203.T") == [5, 3, 1]
    assert listed(symbol="7203.T", status="completed") == []
    assert listed(warning="late") == [3]
    assert sorted(listed(id_prefix="8a0000", limit="10")) == [0, 1, 2, 3, 4, 5]


def test_a_list_of_a_span_of_time(api: RunningApi, redis_url: str) -> None:
    ids = [api.create() for _ in range(3)]
    first = datetime.fromisoformat(api.status(ids[0]).json()["created_at"])
    before = (first - timedelta(minutes=1)).isoformat()

    def listed(query: str) -> list[str]:
        answer = api.http.get(f"/internal/tasks?{query}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["pagination"]["total"] == len(answer.json()["tasks"])
        return [row["task_id"] for row in answer.json()["tasks"]]

    # As a browser's address bar sends it, and as it should be sent.
    assert listed(f"created_from={before}") == ids[::-1]
    assert listed(f"created_from={quote(before)}&status=created") == ids[::-1]
    assert listed(f"created_to={quote(before)}") == []
    assert listed("created_to=2999-01-01T00:00:00Z&created_from=1971-01-01T00:00:00Z") == ids[::-1]
    for wrong in ("now", "2026-01-15T09:00:00", "5"):
        refused = api.http.get(f"/internal/tasks?created_to={wrong}")
        assert refused.status_code == 422
        assert "created_to must be a time with an offset" in refused.text


@pytest.mark.parametrize("task_id", ["a/b", "a?b#c 100%", "..", "🗼" * 4_096], ids=len)
def test_ids_are_any_text(api: RunningApi, redis_url: str, task_id: str) -> None:
    records = Records(redis_url)
    records.create(task_id)
    answer = api.status(quote(task_id, safe="") if task_id != ".." else "%2e%2e")
    assert answer.status_code == 200, answer.text
    assert answer.json()["task_id"] == task_id


def test_a_task_made_by_http_says_no_more_than_there_is(api: RunningApi) -> None:
    """It has no message, so that it has no place in a queue, whatever past runs say."""
    for _ in range(2):
        answer = api.status(api.create(metadata={}))
        assert len(answer.json()) == 19
        assert len(answer.content) <= 480


def test_a_waiting_task_has_the_number_of_tasks_before_it(api: RunningApi, redis_url: str) -> None:
    first, second = (Records(redis_url).publish(name).task_id for name in ("first", "second"))
    assert [api.status(one).json()["ahead"] for one in (first, second)] == [0, 1]
    tag = api.status(second).headers["etag"]
    assert api.status(second, headers={"If-None-Match": tag}).status_code == 304
    Records(redis_url).run(first)
    moved = eventually(lambda: (found := api.status(second)).json()["ahead"] == 0 and found)
    assert moved.headers["etag"] != tag
    assert api.status(second, headers={"If-None-Match": tag}).status_code == 200
    begun = api.status(first).json()
    assert begun.keys() & {"ahead", "start_estimate"} == set()
    assert begun["waited_ms"] >= 0
    for query in ("", "?top=true&sort=running", "?status=created"):
        rows = api.http.get(f"/internal/tasks{query}").json()["tasks"]
        places = {row["task_id"]: row.get("ahead") for row in rows}
        assert (places.get("second"), places.get("first")) == (0, None), query
