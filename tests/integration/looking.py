"""Whether a record is as a row says."""

from __future__ import annotations

import re
from typing import Any

from tests.integration.row import Seen
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually


def check(world: World, task_id: str, seen: Seen) -> None:
    """Waits until the record is as it should be seen."""
    eventually(lambda: matches(world.record(task_id), seen), TIMEOUT_S, what=f"{seen}")


def matches(record: dict[str, Any], seen: Seen) -> bool:
    assert record.get("status") == seen.status, record
    assert record.get("error_cause") == seen.cause, record
    shown = record["error_message"] if seen.status == "error" else record["current_status"]
    assert seen.status == "error" or record["error_message"] is None, record
    assert "Traceback" not in shown, record
    assert seen.message is None or re.search(seen.message, shown), record
    assert seen.results is None or record["results"] == seen.results, record
    assert seen.attempt is None or record["attempt"] == seen.attempt, record
    return True
