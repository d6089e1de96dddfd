"""The specification's methods, the same in memory and on Redis."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest

from progress_backend.errors import (
    InvalidEvent,
    TaskAlreadyFinished,
    TaskNotFound,
    TransitionRefused,
    WorkflowNotFound,
)
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Member
from progress_backend.service.flow_service import (
    FlowService,
    NotificationServiceInterface,
)
from progress_backend.service.pagination import pagination


async def test_a_task_from_creation_to_completion(service: FlowService) -> None:
    task_id = await service.create_task(
        "fetch_data", total_items=252, symbol="7203.T", metadata={"period": "1y"}
    )
    assert str(uuid.UUID(task_id)) == task_id
    created = await service.get_task_status(task_id)
    assert (created["status"], created["metadata"]) == ("created", {"period": "1y"})
    running = await service.update_progress(
        task_id,
        status="running",
        current_items=150,
        message="データを処理しています... (150/252)",
        processing_details={"processing_rate": "10 items/sec"},
    )
    assert running["progress"] == {"current": 150, "total": 252, "percentage": 59.5}
    assert running["processing_details"]["processing_rate"] == "10 items/sec"
    assert running == await service.get_task_status(task_id)
    completed = await service.update_progress(
        task_id,
        status="completed",
        results={"records_saved": 252},
        message="データ取得が完了しました",
    )
    assert completed["progress"] == {"current": 252, "total": 252, "percentage": 100}
    assert completed["current_status"] == "データ取得が完了しました"
    assert completed["results"] == {"records_saved": 252}
    start, end = (datetime.fromisoformat(completed[n]) for n in ("start_time", "end_time"))
    assert completed["processing_time_ms"] == round((end - start).total_seconds() * 1000)


async def test_details_is_another_name_for_processing_details(service: FlowService) -> None:
    task_id = await service.create_task("x", 1)
    body = await service.update_progress(task_id, status="running", details={"a": 1})
    assert body["processing_details"] == {"a": 1}


async def test_the_default_texts(service: FlowService) -> None:
    first, second, third = [await service.create_task("x", 1) for _ in range(3)]
    assert (await service.update_progress(first, status="completed"))[
        "current_status"
    ] == "完了しました"
    failed = await service.update_progress(second, status="error", error_message="why")
    assert (failed["current_status"], failed["error_message"]) == ("エラーが発生しました", "why")
    cancelled = await service.cancel_task(third)
    assert cancelled["current_status"] == "タスクがキャンセルされました"
    assert cancelled["end_time"] is not None


async def test_who_cancelled_is_kept(service: FlowService) -> None:
    task_id = await service.create_task("x", 1)
    body = await service.cancel_task(task_id, reason="enough", by="me")
    assert (body["control"]["by"], body["control"]["reason"]) == ("me", "enough")


async def test_an_unknown_task(service: FlowService) -> None:
    assert await service.get_task_status("nobody") is None
    for call in (
        service.update_progress("nobody", status="running"),
        service.update_progress("nobody", status="completed"),
        service.cancel_task("nobody"),
    ):
        with pytest.raises(ValueError, match="Task nobody not found") as caught:
            await call
        assert isinstance(caught.value, TaskNotFound)


@pytest.mark.parametrize("end", ["completed", "error", "cancelled"])
async def test_an_ended_task_changes_no_more(service: FlowService, end: str) -> None:
    task_id = await service.create_task("x", 1)
    if end == "cancelled":
        before = await service.cancel_task(task_id)
    else:
        before = await service.update_progress(task_id, status=end)
    for call in (
        service.update_progress(task_id, status="running", current_items=1),
        service.update_progress(task_id, status="completed"),
        service.update_progress(task_id, status="paused"),
        service.cancel_task(task_id),
    ):
        with pytest.raises(ValueError, match=end) as caught:
            await call
        assert isinstance(caught.value, TaskAlreadyFinished)
        assert isinstance(caught.value, TransitionRefused)
        assert caught.value.status == end
    assert await service.get_task_status(task_id) == before


async def test_what_cannot_be_recorded_changes_nothing(service: FlowService) -> None:
    task_id = await service.create_task("x", 10)
    before = await service.get_task_status(task_id)
    for call in (
        service.update_progress(task_id, status="done"),
        service.update_progress(task_id, status="cancelled"),
        service.update_progress(task_id, status="running", current_items=-1),
        service.create_task("", 1),
        service.create_task("x", -1),
        service.get_tasks_list(limit=1_000),
    ):
        with pytest.raises(InvalidEvent):
            await call
    assert await service.get_task_status(task_id) == before


async def test_an_update_that_says_nothing_new_answers_with_the_record(
    service: FlowService,
) -> None:
    task_id = await service.create_task("x", 10)
    await service.update_progress(task_id, status="paused", reason="closed", by="me")
    before = await service.get_task_status(task_id)
    assert before is not None
    assert (before["control"]["reason"], before["control"]["by"]) == ("closed", "me")
    assert await service.update_progress(task_id, status="paused") == before


async def test_the_list(service: FlowService) -> None:
    made = [await service.create_task("fetch_data", 10, symbol=f"{n % 2}") for n in range(5)]
    await service.update_progress(made[0], status="running", current_items=5)
    listed = await service.get_tasks_list(page=1, limit=2)
    assert [task["task_id"] for task in listed["tasks"]] == [made[4], made[3]]
    assert listed["pagination"] == {"page": 1, "limit": 2, "total": 5, "pages": 3}
    assert listed["summary"] == {**dict.fromkeys(STATUSES, 0), "created": 4, "running": 1}
    running = await service.get_tasks_list(status="running", task_type="fetch_data", symbol="0")
    assert running["tasks"] == [await service.get_task_status(made[0])]
    assert running["summary"] == listed["summary"]
    assert (await service.get_tasks_list(page=10**9))["tasks"] == []
    with pytest.raises(InvalidEvent, match="page must be"):
        await service.get_tasks_list(page=10**9 + 1)
    nothing = await service.get_tasks_list(symbol="9")
    assert nothing["tasks"] == []
    assert nothing["pagination"] == {"page": 1, "limit": 20, "total": 0, "pages": 1}


async def test_a_list_has_whole_tasks(service: FlowService) -> None:
    """Rows that leave out what is long are for HTTP."""
    task_id = await service.create_task("x", 1, metadata={"text": "x" * 250_000})
    (listed,) = (await service.get_tasks_list())["tasks"]
    alone = await service.get_task_status(task_id)
    assert alone.pop("ahead") == 0  # only of one task
    assert listed == {**alone, "ahead": None}
    assert listed["metadata"] == {"text": "x" * 250_000}
    assert "omitted" not in listed


async def test_health(service: FlowService) -> None:
    first = await service.create_task("x", 1)
    await service.create_task("x", 1)
    await service.update_progress(first, status="running")
    health = await service.health_check()
    assert (health["status"], health["version"]) == ("healthy", "1.0.0")
    assert (health["active_tasks"], health["total_tasks_today"]) == (1, 2)
    assert health["memory_usage"]["tasks_in_memory"] == 2
    assert health["memory_usage"]["memory_usage_mb"] >= 0
    assert list(health["dependencies"]["redis"]) == [
        "status",
        "response_time_ms",
        "key_prefix",
        "unreadable_tasks",
    ]


async def test_handle_request_reaches_every_method(service: FlowService) -> None:
    task_id = await service.handle_request(
        "/internal/create-task",
        "POST",
        {"task_type": "fetch_data", "total_items": 252, "symbol": "7203.T", "metadata": None},
    )
    body = await service.handle_request(
        f"/internal/task/{task_id}/update", "PUT", {"status": "running", "current_items": 150}
    )
    assert body["progress"]["percentage"] == 59.5
    assert await service.handle_request(f"/internal/task/{task_id}/status", "GET", {}) == body
    listed = await service.handle_request("/internal/tasks", "GET", {"symbol": "7203.T"})
    assert listed["tasks"] == [body]
    health = await service.handle_request("/internal/health", "GET", {})
    assert health["active_tasks"] == 1
    cancelled = await service.handle_request(
        f"/internal/task/{task_id}/cancel", "POST", {"reason": "enough"}
    )
    assert cancelled["status"] == "cancelled"


async def member(service: FlowService, task_id: str, name: str | None = None) -> None:
    """A member of the workflow `W`."""
    identity = ev.Identity(task_type="fetch_data", total_items=4, member=Member(("W",)))
    await service.apply(task_id, ev.Created(identity=identity, workflow_name=name))


async def test_a_workflow_and_its_members(service: FlowService) -> None:
    assert await service.get_workflow_status("W") is None
    for task_id in ("one", "two"):
        await member(service, task_id, "fetch ×2")
    await service.create_task("fetch_data", 1)
    await service.update_progress("one", "error", error_message="接続が切れました")
    body = await service.get_workflow_status("W")
    assert body is not None
    assert (body["workflow_id"], body["name"], body["status"]) == ("W", "fetch ×2", "running")
    assert body["progress"] == {"current": 1, "total": 2, "percentage": 50}
    assert [failure["task_id"] for failure in body["failures"]] == ["one"]
    asked = await service.handle_request("/internal/workflow/W/status", "GET", {})
    assert asked == body
    as_task = await service.get_task_status("W")
    assert as_task is not None
    assert (as_task["task_type"], as_task["progress"]) == ("workflow", body["progress"])
    listed = await service.get_tasks_list(workflow_id="W")
    assert [row["task_id"] for row in listed["tasks"]] == ["two", "one"]
    assert listed["pagination"]["total"] == 2
    assert listed["summary"] == {**dict.fromkeys(STATUSES, 0), "created": 1, "error": 1}
    failed = await service.handle_request(
        "/internal/tasks", "GET", {"workflow_id": "W", "status": "error"}
    )
    assert [row["task_id"] for row in failed["tasks"]] == ["one"]
    every = await service.get_workflows_list()
    rows, left_out = every["workflows"], body.keys() - every["workflows"][0].keys()
    assert rows == [{name: said for name, said in body.items() if name not in left_out}]
    assert left_out >= {"failures", "error_message"}
    assert every["pagination"] == pagination(1, 20, 1)
    second = {"page": 2, "limit": 1}
    assert (await service.handle_request("/internal/workflows", "GET", second))["workflows"] == []
    with pytest.raises(InvalidEvent, match="limit must be 1 to 100"):
        await service.get_workflows_list(limit=101)
    top = await service.get_tasks_list(top=True)
    assert [row["task_id"] for row in top["tasks"]][1:] == ["W"]
    assert (top["tasks"][0]["task_type"], top["tasks"][1:]) == ("fetch_data", rows)
    assert top["pagination"] == pagination(1, 20, 2)
    second = {"page": 2, "limit": 1, "top": True}
    assert (await service.handle_request("/internal/tasks", "GET", second))["tasks"] == rows
    with pytest.raises(InvalidEvent, match="top goes without filters"):
        await service.get_tasks_list(top=True, status="running")
    with pytest.raises(InvalidEvent, match="top must be true or false, not 'yes'"):
        await service.get_tasks_list(top="yes")  # type: ignore[arg-type]
    with pytest.raises(InvalidEvent, match="workflow_id goes with status alone"):
        await service.get_tasks_list(workflow_id="W", symbol="7203.T")


async def test_a_workflow_is_paused_resumed_and_cancelled(service: FlowService) -> None:
    for task_id in ("one", "two"):
        await member(service, task_id)
    await service.update_progress("one", "running", current_items=1)

    async def statuses() -> list[str]:
        found = [await service.get_task_status(i) for i in ("one", "two")]
        return [body["status"] for body in found if body is not None]

    body = await service.update_workflow("W", "paused", reason="lunch", by="ops")
    assert (body["status"], body["control"]["by"]) == ("running", "ops")
    assert await statuses() == ["paused", "paused"]
    there = {"status": "running"}
    await service.handle_request("/internal/workflow/W/update", "PUT", there)
    assert await statuses() == ["running", "created"]
    body = await service.handle_request("/internal/workflow/W/cancel", "POST", {"reason": "enough"})
    assert (body["status"], body["control"]["reason"]) == ("cancelled", "enough")
    assert await statuses() == ["cancelled", "cancelled"]
    with pytest.raises(TaskAlreadyFinished):
        await service.cancel_workflow("W")
    with pytest.raises(WorkflowNotFound):
        await service.cancel_workflow("V")
    with pytest.raises(InvalidEvent, match="may be set to"):
        await service.update_workflow("W", "completed")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(InvalidEvent, match="reason must be a text"):
        await service.cancel_workflow("W", reason="x" * 1_001)


@pytest.mark.parametrize(
    ("endpoint", "method"),
    [
        ("/internal/create-task", "GET"),
        ("/internal/task/t/update", "POST"),
        ("/internal/task/t/status", "PUT"),
        ("/internal/task/t/delete", "DELETE"),
        ("/internal/task//status", "GET"),
        ("/internal/task/status", "GET"),
        ("/internal/workflow//status", "GET"),
        ("/internal/workflow/W/status", "PUT"),
        ("/internal/workflow/W/update", "POST"),
        ("/internal/tasks/", "GET"),
        ("/elsewhere/tasks", "GET"),
        ("/health", "GET"),
        ("internal/health", "GET"),
        ("", "GET"),
    ],
)
async def test_handle_request_knows_no_other_endpoint(
    service: FlowService, endpoint, method
) -> None:
    with pytest.raises(ValueError, match=f"Unknown endpoint: {method} {endpoint}"):
        await service.handle_request(endpoint, method, {})


def test_the_interface_has_the_specifications_methods() -> None:
    assert NotificationServiceInterface.__abstractmethods__ == {
        "create_task",
        "update_progress",
        "get_task_status",
        "health_check",
    }
    with pytest.raises(TypeError, match="abstract"):
        NotificationServiceInterface()  # type: ignore[abstract]  # that is the mistake


@pytest.mark.parametrize(
    ("total", "pages"), [(0, 1), (1, 1), (20, 1), (21, 2), (40, 2), (1_000_001, 50_001)]
)
def test_pages(total, pages) -> None:
    assert pagination(1, 20, total)["pages"] == pages
