"""The specification's methods, the same in memory and on Redis."""

import logging
import uuid
from datetime import datetime
from typing import Any

import pytest

from progress_backend.errors import (
    InvalidEvent,
    TaskAlreadyFinished,
    TaskNotFound,
    TransitionRefused,
)
from progress_backend.record.model import STATUSES
from progress_backend.service.interface import NotificationServiceInterface
from progress_backend.service.progress_service import ProgressService


async def test_a_task_from_creation_to_completion(service: ProgressService) -> None:
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
        current_items=252,
        results={"records_saved": 252},
        message="データ取得が完了しました",
    )
    assert completed["progress"] == {"current": 252, "total": 252, "percentage": 100}
    assert completed["current_status"] == "データ取得が完了しました"
    assert completed["results"] == {"records_saved": 252}
    start, end = (datetime.fromisoformat(completed[n]) for n in ("start_time", "end_time"))
    assert completed["processing_time_ms"] == round((end - start).total_seconds() * 1000)


async def test_details_is_another_name_for_processing_details(service: ProgressService) -> None:
    task_id = await service.create_task("x", 1)
    body = await service.update_progress(task_id, status="running", details={"a": 1})
    assert body["processing_details"] == {"a": 1}


async def test_the_default_texts(service: ProgressService) -> None:
    first, second, third = [await service.create_task("x", 1) for _ in range(3)]
    assert (await service.update_progress(first, status="completed"))[
        "current_status"
    ] == "完了しました"
    failed = await service.update_progress(second, status="error", error_message="why")
    assert (failed["current_status"], failed["error_message"]) == ("エラーが発生しました", "why")
    cancelled = await service.cancel_task(third)
    assert cancelled["current_status"] == "タスクがキャンセルされました"
    assert cancelled["end_time"] is not None


async def test_an_unknown_task(service: ProgressService) -> None:
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
async def test_an_ended_task_changes_no_more(service: ProgressService, end: str) -> None:
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


async def test_what_cannot_be_recorded_changes_nothing(service: ProgressService) -> None:
    task_id = await service.create_task("x", 10)
    before = await service.get_task_status(task_id)
    for call in (
        service.update_progress(task_id, status="done"),
        service.update_progress(task_id, status="cancelled"),
        service.update_progress(task_id, status="running", current_items=-1),
        service.create_task("", 1),
        service.create_task("x", -1),
        service.get_tasks_list(limit=0),
    ):
        with pytest.raises(InvalidEvent):
            await call
    assert await service.get_task_status(task_id) == before


async def test_an_empty_text_is_no_value(service: ProgressService) -> None:
    task_id = await service.create_task("x", 1, symbol="", owner="")
    body = await service.get_task_status(task_id)
    assert (body["symbol"], body.get("owner")) == (None, None)
    listed = await service.get_tasks_list(status="", task_type="", symbol="", limit=10**12)
    assert listed["tasks"] == [body]
    assert listed["pagination"] == {"page": 1, "limit": 100, "total": 1, "pages": 1}


async def test_the_specifications_lines_in_the_log(
    service: ProgressService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "progress_backend.service")
    task_id = await service.create_task("fetch", 252)
    await service.update_progress(task_id, status="running", current_items=150)
    await service.update_progress(task_id, status="paused")
    await service.cancel_task(task_id)
    with pytest.raises(TaskAlreadyFinished):
        await service.cancel_task(task_id)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", f"Created task {task_id}: fetch"),
        ("DEBUG", f"Updated task {task_id}: running (150/252)"),
        ("DEBUG", f"Updated task {task_id}: paused (150/252)"),
        ("INFO", f"Cancelled task {task_id}"),
    ]


async def test_handle_request_takes_what_the_specifications_code_takes(
    service: ProgressService,
) -> None:
    new = {"task_type": "x", "total_items": 3, "symbol": "S", "metadata": {"a": 1}}
    task_id = await service.handle_request(
        "/internal/create-task", "POST", {**new, "requester": "gateway"}
    )
    path, body = f"/internal/task/{task_id}", await service.get_task_status(task_id)
    assert {name: body[name] for name in ("task_type", "symbol", "metadata")} == {
        name: new[name] for name in ("task_type", "symbol", "metadata")
    }
    for data in (None, {"verbose": True}):
        assert await service.handle_request(f"{path}/status", "GET", data) == body
        assert (await service.handle_request("/internal/health", "GET", data))["version"]
    assert await service.handle_request("/internal/task/of/slashes/status", "GET") is None
    for data in (None, {"symbol": "S"}):
        listed = await service.handle_request("/internal/tasks", "GET", data)
        assert listed["tasks"] == [body]
    assert (await service.handle_request(f"{path}/update", "PUT", None))["status"] == "running"
    assert (await service.handle_request(f"{path}/cancel", "POST"))["status"] == "cancelled"
    with pytest.raises(InvalidEvent, match="task_type"):
        await service.handle_request("/internal/create-task", "POST", None)


@pytest.mark.parametrize(
    ("endpoint", "method"),
    [
        ("/internal/create-task", "GET"),
        ("/internal/task/t/delete", "DELETE"),
        ("/internal/task//status", "GET"),
        ("/internal/workflow/W/update", "POST"),
        ("/internal/tasks/", "GET"),
        ("internal/health", "GET"),
        ("", "GET"),
    ],
)
async def test_handle_request_knows_no_other_endpoint(
    service: ProgressService, endpoint, method
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


async def test_an_unknown_keyword_is_named_in_the_error(service: ProgressService) -> None:
    task_id = await service.create_task("x", 1)
    before = await service.get_task_status(task_id)
    unknown: list[tuple[Any, dict[str, Any]]] = [
        (service.create_task, {"task_type": "x", "total_items": 1}),
        (service.update_progress, {"task_id": task_id}),
        (service.get_tasks_list, {}),
        (service.cancel_task, {"task_id": task_id}),
    ]
    for method, known in unknown:
        with pytest.raises(TypeError, match="mesage"):
            await method(**known, mesage="all of it")
    with pytest.raises(TypeError, match="mesage"):
        await service.handle_request(f"/internal/task/{task_id}/update", "PUT", {"mesage": "m"})
    assert await service.get_task_status(task_id) == before


async def test_health(service: ProgressService) -> None:
    first = await service.create_task("x", 1)
    await service.create_task("x", 1)
    await service.update_progress(first, status="running")
    health = await service.health_check()
    assert (health["status"], health["version"]) == ("healthy", "1.0.0")
    assert (health["active_tasks"], health["total_tasks_today"]) == (1, 2)
    assert health["memory_usage"]["tasks_in_memory"] == 2
    assert health["memory_usage"]["memory_usage_mb"] >= 0
    assert list(health["dependencies"]["redis"])[:2] == ["status", "response_time_ms"]


async def test_the_list(service: ProgressService) -> None:
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


async def test_a_list_has_whole_tasks(service: ProgressService) -> None:
    """Rows that leave out what is long are for HTTP."""
    task_id = await service.create_task("x", 1, metadata={"text": "x" * 250_000})
    (listed,) = (await service.get_tasks_list())["tasks"]
    assert listed == await service.get_task_status(task_id)
    assert listed["metadata"] == {"text": "x" * 250_000}
    assert "omitted" not in listed
