"""Whether a record is as a row says."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.integration.matrix import Seen
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually


def check(world: World, task_id: str, seen: Seen) -> None:
    """Waits until the record is as it should be seen."""
    eventually(lambda: matches(world.record(task_id), seen), TIMEOUT_S, what=f"{seen}")


@contextlib.contextmanager
def published(world: World) -> Iterator[Callable[[str, Seen], None]]:
    """Checks that a record which was published meanwhile is as it should be seen: what lasts until
    a retry or a time limit may be over before a busy machine looks at the record itself."""
    assert world.store is not None
    records: list[dict[str, Any]] = []
    with world.store.pubsub() as updates:
        updates.psubscribe("task_update:*")

        def was(task_id: str, seen: Seen) -> bool:
            while (message := updates.get_message()) is not None:
                if message["type"] == "pmessage":
                    records.append(json.loads(message["data"]))
            own = [record for record in records if record.get("task_id") == task_id]
            for record in own:
                with contextlib.suppress(AssertionError):
                    return matches(record, seen)
            raise AssertionError(own)

        def check_meanwhile(task_id: str, seen: Seen) -> None:
            eventually(lambda: was(task_id, seen), TIMEOUT_S, what=f"{seen}")

        eventually(updates.get_message, TIMEOUT_S, what="subscribed")
        yield check_meanwhile


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
