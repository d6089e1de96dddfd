"""Parts of the services' bodies."""

from __future__ import annotations

from importlib.metadata import version

from ..operations.counts import TaskCounts
from .interface import Body


def pagination(page: int, limit: int, total: int | None) -> Body:
    """The list's pagination; an empty list has one page, as in the specification. How many tasks
    there are is not known (None) where they are looked at."""
    pages = None if total is None else max((total + limit - 1) // limit, 1)
    return {"page": page, "limit": limit, "total": total, "pages": pages}


def health(
    status: str, counted: TaskCounts, used_bytes: int, redis: str, took_ms: float | None = None
) -> Body:
    """The body of a health check; `redis` is the store's status, `took_ms` how long it took to
    answer."""
    return {
        "status": status,
        "version": version("progress-backend"),
        "active_tasks": counted.active,
        "total_tasks_today": counted.recent,
        "memory_usage": {
            "tasks_in_memory": counted.records,
            "memory_usage_mb": round(used_bytes / 2**20, 1),
        },
        "dependencies": {"redis": {"status": redis, "response_time_ms": took_ms}},
    }
