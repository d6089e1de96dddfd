"""Parts of the services' bodies."""

from __future__ import annotations

from importlib.metadata import version

from ..operations.counts import TaskCounts
from ..record.answers import Dependencies, Health, MemoryUsage, Redis
from .interface import Body


def pagination(page: int, limit: int, total: int | None) -> Body:
    """The list's pagination; an empty list has one page, as in the specification. How many tasks
    there are is not known (None) where they are looked at."""
    pages = None if total is None else max((total + limit - 1) // limit, 1)
    return {"page": page, "limit": limit, "total": total, "pages": pages}


def health(counted: TaskCounts, used_bytes: int, redis: Redis) -> Health:
    """The body of a health check."""
    return Health(
        status="unhealthy" if redis.status == "disconnected" else "healthy",
        version=version("progress-backend"),
        active_tasks=counted.active,
        total_tasks_today=counted.recent,
        memory_usage=MemoryUsage(counted.records, round(used_bytes / 2**20, 1)),
        dependencies=Dependencies(redis),
    )
