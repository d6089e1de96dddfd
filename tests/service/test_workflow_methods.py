"""The service's methods for workflows, on Redis."""

import pytest

from progress_backend.errors import InvalidEvent, TaskAlreadyFinished, WorkflowNotFound
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Member
from progress_backend.service.redis_progress_service import RedisProgressService


async def member(
    redis_service: RedisProgressService, task_id: str, name: str | None = None
) -> None:
    """A member of the workflow `W`."""
    identity = ev.Identity(task_type="fetch_data", total_items=4, member=Member(("W",)))
    await redis_service.apply(task_id, ev.Created(identity=identity, workflow_name=name))


async def test_a_workflow_and_its_members(redis_service: RedisProgressService) -> None:
    assert await redis_service.get_workflow_status("W") is None
    for task_id in ("one", "two"):
        await member(redis_service, task_id, "fetch ×2")
    await redis_service.create_task("fetch_data", 1)
    await redis_service.update_progress("one", "error", error_message="接続が切れました")
    body = await redis_service.get_workflow_status("W")
    assert (body["workflow_id"], body["name"], body["status"]) == ("W", "fetch ×2", "running")
    assert body["progress"] == {"current": 1, "total": 2, "percentage": 0}
    assert [failure["task_id"] for failure in body["failures"]] == ["one"]
    asked = await redis_service.handle_request("/internal/workflow/W/status", "GET", {})
    assert asked == body
    as_task = await redis_service.get_task_status("W")
    assert (as_task["task_type"], as_task["progress"]) == ("workflow", body["progress"])
    listed = await redis_service.get_tasks_list(workflow_id="W")
    assert [row["task_id"] for row in listed["tasks"]] == ["two", "one"]
    assert listed["pagination"]["total"] == 2
    assert listed["summary"] == {**dict.fromkeys(STATUSES, 0), "created": 1, "error": 1}
    failed = await redis_service.handle_request(
        "/internal/tasks", "GET", {"workflow_id": "W", "status": "error"}
    )
    assert [row["task_id"] for row in failed["tasks"]] == ["one"]
    every = await redis_service.get_workflows_list()
    rows, left_out = every["workflows"], body.keys() - every["workflows"][0].keys()
    assert rows == [{name: value for name, value in body.items() if name not in left_out}]
    assert left_out >= {"failures", "error_message"}
    assert every["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
    top = await redis_service.get_tasks_list(top=True)
    assert [row["task_id"] for row in top["tasks"]][1:] == ["W"]
    assert (top["tasks"][0]["task_type"], top["tasks"][1:]) == ("fetch_data", rows)
    assert top["pagination"]["total"] == 2


async def test_a_workflow_is_paused_resumed_and_cancelled(
    redis_service: RedisProgressService,
) -> None:
    for task_id in ("one", "two"):
        await member(redis_service, task_id)
    await redis_service.update_progress("one", "running", current_items=1)

    async def statuses() -> list[str]:
        found = [await redis_service.get_task_status(i) for i in ("one", "two")]
        return [body["status"] for body in found if body is not None]

    body = await redis_service.update_workflow("W", "paused", reason="lunch", by="ops")
    assert (body["status"], body["control"]["by"]) == ("running", "ops")
    assert await statuses() == ["paused", "paused"]
    there = {"status": "running"}
    await redis_service.handle_request("/internal/workflow/W/update", "PUT", there)
    assert await statuses() == ["running", "created"]
    body = await redis_service.handle_request(
        "/internal/workflow/W/cancel", "POST", {"reason": "enough"}
    )
    assert (body["status"], body["control"]["reason"]) == ("cancelled", "enough")
    assert await statuses() == ["cancelled", "cancelled"]
    with pytest.raises(TaskAlreadyFinished):
        await redis_service.cancel_workflow("W")
    with pytest.raises(WorkflowNotFound):
        await redis_service.cancel_workflow("V")
    with pytest.raises(InvalidEvent, match="may be set to"):
        await redis_service.update_workflow("W", "completed")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(InvalidEvent, match="reason must be a string"):
        await redis_service.cancel_workflow("W", reason="x" * 1_001)
