"""Compares what the records say with what Celery's result backend keeps."""

import json
import time
from collections.abc import Iterator
from typing import Any

import redis

#: Celery's ends, and the record's.
ENDS = {"SUCCESS": "completed", "FAILURE": "error", "REVOKED": "cancelled"}
#: What a process says as it ends may come a moment later.
SETTLED_S = 60.0


def disagreements(results_url: str, records_url: str) -> dict[str, Any]:
    """How many results have a record, which records have ended otherwise, and which have not."""
    deadline = time.monotonic() + SETTLED_S
    with (
        redis.Redis.from_url(results_url, decode_responses=True) as results,
        redis.Redis.from_url(records_url, decode_responses=True) as records,
    ):
        while True:
            compared, contradictions, still_open = 0, [], []
            for task_id, state, record in _pairs(results, records):
                compared += 1
                line = f"{task_id} {record['task_type']}: {state}, {record['status']}"
                line += f" ({record.get('error_cause') or record['error_message'] or ''})"
                if record["status"] in ENDS.values():
                    contradictions += [line] if record["status"] != ENDS[state] else []
                else:
                    still_open.append(line)
            if not still_open or time.monotonic() > deadline:
                return {"compared": compared, "contradictions": contradictions, "open": still_open}
            time.sleep(0.5)


def _pairs(results: redis.Redis, records: redis.Redis) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for key in results.scan_iter("celery-task-meta-*", count=1_000):
        task_id = key.removeprefix("celery-task-meta-")
        stored, document = results.get(key), records.get(f"task:{task_id}")
        state = json.loads(stored).get("status") if isinstance(stored, str) else None
        if state in ENDS and isinstance(document, str):
            yield task_id, state, json.loads(document)
