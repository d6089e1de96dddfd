"""A store that pauses again and again takes every publish in the end. (That it ends no canvas
early: tests/canvases.)"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
import redis
from celery import Celery

from progress_backend import install, progress_task
from tests.canvases.trial import Pauses
from tests.conftest import StartServer
from tests.outages.fleet import pass_time
from tests.waiting import eventually

#: Between two publishes.
EACH_S = 0.01


def noop(*_: Any) -> None:
    pass


@pytest.mark.chaos
@pytest.mark.long
def test_no_publish_is_without_a_record(start_server: StartServer) -> None:
    server, ids = start_server(), list[str]()
    app = Celery("stalls", broker="memory://", set_as_current=False)
    install(app, redis_url=server.url)
    task = app.task(name="noop", shared=False)(progress_task(noop))
    with closing(app), redis.Redis.from_url(server.url) as client:
        task.delay()
        with Pauses(server) as pauses:
            while pauses.number < 3:
                pass_time(EACH_S)
                ids.append(task.apply_async(task_id=f"t{len(ids)}").id)
        eventually(lambda: all(client.mget([f"task:{i}" for i in ids])), 15, what="all records")
