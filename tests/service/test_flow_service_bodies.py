"""What the specification's methods take, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from progress_backend.service.flow_service import FlowService


async def test_a_count_given_with_the_end_stays(service: FlowService) -> None:
    counted, whole = [await service.create_task("x", 252) for _ in range(2)]
    body = await service.update_progress(counted, status="completed", current_items=100)
    assert body["progress"] == {"current": 100, "total": 252, "percentage": 100}
    await service.update_progress(whole, message="begun")
    body = await service.update_progress(whole, status="completed")
    assert body["progress"] == {"current": 252, "total": 252, "percentage": 100}


async def test_a_keyword_that_nobody_knows_is_named(service: FlowService) -> None:
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
    with pytest.raises(TypeError, match="processing_details"):
        await service.update_progress(task_id, details={"a": 1}, processing_details={"b": 2})
    with pytest.raises(TypeError, match="mesage"):
        await service.handle_request(f"/internal/task/{task_id}/update", "PUT", {"mesage": "m"})
    assert await service.get_task_status(task_id) == before
