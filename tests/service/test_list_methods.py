"""The service's lists, the same in memory and on Redis."""

import pytest

from progress_backend.errors import InvalidEvent
from progress_backend.record.model import STATUSES
from progress_backend.service.progress_service import ProgressService


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
