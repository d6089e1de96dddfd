"""The least that begins a record: a request that is ready but for the id, its answer awaited."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import redis

from progress_backend.operations.commits import CommitCall
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.store.exchange import packed


def created(url: str) -> Callable[[str], None]:
    """Commits that begin the record of a task's id."""
    connection = redis.Redis.from_url(url).connection_pool.get_connection()
    sample = str(uuid4())
    with Store(Settings(redis_url=url, timezone="Asia/Tokyo")) as store:
        event = ev.Created(identity=ev.Identity(task_type="noop"))
        flow = store.flows.apply(sample, (event,), store.now())
        command = next(flow)
        while not isinstance(command, CommitCall):
            command = flow.send(store.execute(command))
        (request,) = command.asked(store.layout).requests
        ready = packed(request)
        store.execute(command)  # the script is loaded

    def commit(task_id: str) -> None:
        connection.send_packed_command((ready.replace(sample.encode(), task_id.encode()),))
        assert connection.read_response() == [1]

    return commit
