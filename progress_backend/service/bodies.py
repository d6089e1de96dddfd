"""Bodies of the services: of JSON text, and of a health check."""

from __future__ import annotations

import json
from importlib.metadata import version

from ..operations import counts
from .interface import Body


def loaded(document: bytes) -> Body:
    """A body that is JSON text."""
    body: Body = json.loads(document)
    return body


def health(status: str, counted: counts.Counted, redis: str, took_ms: float | None) -> Body:
    """The body of a health check; `redis` is the store's status, `took_ms` how long it took to
    answer."""
    return {
        "status": status,
        "version": version("progress-backend"),
        "active_tasks": counted.active,
        "total_tasks_today": counted.recent,
        "memory_usage": {
            "tasks_in_memory": counted.records,
            "memory_usage_mb": round(counted.memory_bytes / 2**20, 1),
        },
        "dependencies": {"redis": {"status": redis, "response_time_ms": took_ms}},
    }
