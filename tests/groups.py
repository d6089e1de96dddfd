"""A task that groups are made of, and what they left in the queue."""

import json
from typing import Any

import redis

from progress_backend import progress_task
from tests.apps import App

#: No server listens there.
AWAY = "redis://127.0.0.1:1/0"


def fetch(app: App) -> Any:
    @app.task(name="fetch", shared=False)  # type: ignore[untyped-decorator]
    @progress_task(symbol=lambda symbol: symbol)
    def run(symbol: str) -> None:
        pass

    return run


def messages(app: App) -> list[str]:
    """Ids of the tasks in the queue, in the order in which they were sent."""
    with redis.Redis.from_url(app.celery.conf.broker_url) as client:
        queued = client.lrange("celery", 0, -1)
    return [json.loads(message)["headers"]["id"] for message in reversed(queued)]
