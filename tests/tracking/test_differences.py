"""What differs from the specification on purpose, as docs/reference.md lists it; what is not held
here is held where it is at home (test_async_notifier, test_flow_service, test_services,
test_model)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from progress_backend import InvalidEvent, ProgressService, Settings, TaskAlreadyFinished
from progress_backend.flows.task_lifetimes import UNENDED_S
from progress_backend.record.model import STATUSES
from progress_backend.service.flow_service import FlowService
from tests.servers import ROOT


class Clock:
    def __init__(self) -> None:
        self.time = 1_705_314_600.0

    def __call__(self) -> float:
        return self.time


async def test_lifetimes_and_times() -> None:
    clock = Clock()
    service = ProgressService(Settings(timezone="Asia/Tokyo"), clock=clock)
    waits, ends = [await service.create_task("x", 1) for _ in range(2)]
    clock.time += 86_400 - 60
    await service.update_progress(ends)
    assert await service.get_task_status(waits) is not None
    clock.time += 5
    body = await service.get_task_status(ends)
    assert body is not None
    assert body["processing_time_ms"] == 0  # to its last update
    assert datetime.fromisoformat(body["updated_at"]).utcoffset() == timedelta(hours=9)
    assert re.fullmatch(r".{19}\.\d{3}\+09:00", body["updated_at"])
    await service.update_progress(ends, "completed")
    clock.time += 86_400 - 60
    assert await service.get_task_status(ends) is not None
    clock.time += 3_600 + 120
    assert await service.get_task_status(ends) is None
    assert await service.get_task_status(waits) is None  # nobody has begun it
    assert UNENDED_S == 7 * 86_400


async def test_what_a_service_has_not(service: FlowService) -> None:
    assert not hasattr(service, "tasks")
    assert not hasattr(service, "websocket_connections")


async def test_what_an_update_may_say(service: FlowService) -> None:
    task_id = await service.create_task("x", 0)
    body = await service.update_progress(task_id, current_items=5, message="five")
    assert body["progress"] == {"current": 5, "total": None, "percentage": 0}
    assert (await service.update_progress(task_id))["current_status"] == "five"
    assert (await service.update_progress(task_id, message=""))["current_status"] == ""
    for values in ({"status": "cancelled"}, {"status": "created"}, {"error_message": "why"}):
        with pytest.raises(InvalidEvent):
            await service.update_progress(task_id, **values)
    await service.update_progress(task_id, "error", error_message="why")
    for status in ("running", "completed", "error", "paused"):
        with pytest.raises(TaskAlreadyFinished):
            await service.update_progress(task_id, status)
    assert list((await service.get_tasks_list())["summary"]) == list(STATUSES)


def test_they_are_listed() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    listed = text.partition("## Differences from the specification\n")[2]
    for named in (
        "at once",
        "PROGRESS_RETENTION_S",
        "service.tasks",
        "none after an end",
        "`force`",
    ):
        assert named in listed, named
