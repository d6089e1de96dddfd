"""Reads of a workflow and of its members, over real HTTP and a real store."""

import re
import time
from datetime import datetime

import httpx
import pytest

from progress_backend.flows.stored_record import milliseconds
from progress_backend.record.model import STATUSES
from progress_backend.record.workflow_fields import WorkflowRow
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

W = "the-group"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00"


@pytest.fixture
def records(redis_url: str) -> Records:
    records = Records(redis_url)
    records.workflow(W)
    records.create("single")
    return records


def test_a_workflow_is_one_status_with_counts(api: RunningApi, records: Records) -> None:
    answer = api.workflow(W)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    body = answer.json()
    assert (body["workflow_id"], body["name"], body["status"]) == (W, "fetch ×3 → merge", "running")
    assert body["progress"] == {"current": 2, "total": 4, "percentage": 37.5}
    assert body["current_status"] == "4 件中 2 件が終了"
    counts = {**dict.fromkeys(STATUSES, 0), "planned": 1, "never_ran": 0}
    assert body["counts"] == counts | {"created": 1, "running": 1, "completed": 1, "error": 1}
    assert [failure["task_id"] for failure in body["failures"]] == ["failed"]
    assert body["error_message"] == "接続が切れました"
    assert re.fullmatch(TIME, body["created_at"])
    assert (body["final"], body["end_time"]) == (False, None)


@pytest.mark.parametrize("workflow_id", ["single", "a/b", "進捗"])
def test_an_id_without_members_is_no_workflow(
    api: RunningApi, records: Records, workflow_id: str
) -> None:
    answer = api.workflow(workflow_id)
    assert answer.status_code == 404
    assert answer.json() == {"detail": f"Workflow {workflow_id} not found"}


def test_an_unchanged_workflow_is_not_sent_again(api: RunningApi, records: Records) -> None:
    tag = api.workflow(W).headers["etag"]
    again = api.workflow(W, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    records.progress("half", 127)
    changed = api.workflow(W, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_record_of_its_own_comes_before_the_workflow(api: RunningApi, records: Records) -> None:
    """A chain's id is that of its last task."""
    records.member("last", "last")
    assert api.status("last").json()["task_type"] == "fetch_data"
    assert api.workflow("last").json()["task_type"] == "workflow"


def test_the_list_of_workflows(api: RunningApi, records: Records) -> None:
    # Another one, a millisecond later at the least.
    began = milliseconds(datetime.fromisoformat(api.workflow(W).json()["created_at"]))
    eventually(lambda: time.time() * 1000 > began + 1)
    records.member("other", "another", name="import")
    records.member("later", W)  # which moves no workflow
    body = api.http.get("/internal/workflows").json()
    assert [row["workflow_id"] for row in body["workflows"]] == ["another", W]
    assert body["pagination"] == {"page": 1, "limit": 20, "total": 2, "pages": 1}
    whole, row = api.workflow(W).json(), body["workflows"][1]
    assert row == {name: value for name, value in whole.items() if name in row}
    assert row.keys() == {*WorkflowRow.__struct_fields__} - {"warnings"} < whole.keys()
    body = api.http.get("/internal/workflows", params={"page": 2, "limit": 1}).json()
    assert [row["workflow_id"] for row in body["workflows"]] == [W]
    assert body["pagination"] == {"page": 2, "limit": 1, "total": 2, "pages": 2}
    body = api.http.get("/internal/workflows?limit=101&page=").json()
    assert body["pagination"] == {"page": 1, "limit": 100, "total": 2, "pages": 1}


@pytest.mark.parametrize("query", ["limit=0", "page=0", "page=a", "status=running"])
def test_a_query_that_the_list_of_workflows_does_not_know(api: RunningApi, query: str) -> None:
    assert api.http.get(f"/internal/workflows?{query}").status_code == 422


def asked(api: RunningApi, path: str, body: object = None, method: str = "POST") -> httpx.Response:
    return api.http.request(method, f"/internal/{path}", json=body)


def test_a_workflow_is_cancelled_by_one_request(api: RunningApi, records: Records) -> None:
    answer = asked(api, f"workflow/{W}/cancel", {"reason": "高すぎる", "by": "somebody"})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["final"]) == ("cancelled", False)
    about = {"action": "cancel", "by": "somebody", "reason": "高すぎる"}
    assert answer.json()["control"].items() >= about.items()
    seen = eventually(lambda: (b := api.workflow(W).json())["final"] and b)
    assert (seen["status"], seen["counts"]["cancelled"]) == ("error", 2), "a member has failed"
    assert api.status("merge").json()["control"].items() >= about.items()
    again = asked(api, f"workflow/{W}/cancel")
    assert (again.status_code, again.json()["status"]) == (409, "error")
    assert "has already ended (error)" in again.json()["detail"]


def test_a_workflow_is_paused_and_resumed(api: RunningApi, records: Records) -> None:
    path = f"workflow/{W}/update"
    paused = asked(api, path, {"status": "paused", "by": "somebody"}, "PUT").json()
    assert (paused["control"]["action"], paused["control"]["by"]) == ("pause", "somebody")
    seen = eventually(lambda: (b := api.workflow(W).json())["counts"]["paused"] == 2 and b)
    assert (seen["status"], seen["counts"]["planned"]) == ("paused", 1)
    assert api.status(W).json()["control"] == {**seen["control"], "acknowledged_at": None}
    assert asked(api, path, {"status": "running"}, "PUT").json()["control"] is None
    seen = eventually(lambda: (b := api.workflow(W).json())["counts"]["paused"] == 0 and b)
    assert (seen["counts"]["running"], seen["counts"]["created"]) == (1, 1)


def test_a_workflow_takes_no_figures(api: RunningApi, records: Records) -> None:
    for values, why in (
        ({"status": "completed"}, "may be set to running, paused, not 'completed'"),
        ({"status": "running", "current_items": 3}, "current_items cannot be set on a workflow"),
    ):
        answer = api.update(W, **values)
        assert (answer.status_code, why in answer.json()["detail"]) == (422, True)


def test_what_is_no_workflow_is_not_steered(api: RunningApi, records: Records) -> None:
    for workflow_id in ("none", "single"):
        for answer in (
            asked(api, f"workflow/{workflow_id}/cancel"),
            asked(api, f"workflow/{workflow_id}/update", {"status": "paused"}, "PUT"),
        ):
            assert answer.status_code == 404
            assert answer.json() == {"detail": f"Workflow {workflow_id} not found"}
    for answer in (api.cancel("none"), api.update("none", "completed")):
        assert (answer.status_code, answer.json()) == (404, {"detail": "Task none not found"})
