"""Messages whose header is none that this library wrote."""

from __future__ import annotations

from typing import Any

import pytest
from celery.utils import uuid

from tests.integration.world import World

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "header",
    [
        "nonsense",
        {"created_at": "yesterday", "digest": "d"},
        {"created_at": "2024-01-15T10:30:00", "digest": "d"},
        {"created_at": "2024-01-15T10:30:00+09:00", "digest": "of nothing"},
        {"created_at": 5, "digest": ["d"], "symbol": None},
    ],
)
def test_a_task_is_recorded_whatever_its_header_says(world: World, header: Any) -> None:
    task_id = uuid()
    world.duplicate(task_id, "fetch", ["msft"], progress=header)
    record = world.ended(task_id)
    assert (record["status"], record["symbol"], record["attempt"]) == ("completed", "MSFT", 1)
