"""For a user's tests of tracked jobs: fixtures, a store on an embedded server, a clock.

pytest finds the fixtures by itself (entry point `pytest11`). Nothing here imports Celery or redis
before a test asks for it.
"""

from .clock import Clock
from .fixtures import progress_clock, progress_redis_url, progress_settings, progress_store
from .lost_runs import lost_worker
from .waits import wait_for_progress

__all__ = [
    "Clock",
    "lost_worker",
    "progress_clock",
    "progress_redis_url",
    "progress_settings",
    "progress_store",
    "wait_for_progress",
]
