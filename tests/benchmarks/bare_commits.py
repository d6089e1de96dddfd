"""The least that keeps records: requests that are ready but for the task's id, answers awaited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import redis

from progress_backend.flows.commands import Commit
from progress_backend.flows.stored_record import Base
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.record.task_json import digest
from progress_backend.settings import Settings
from progress_backend.store.command_table import plan
from progress_backend.store.drivers import Store
from progress_backend.store.exchange import packed

#: Commits one event of the task of an id.
CommitOf = Callable[[str], None]

_IDENTITY = ev.Identity(task_type="noop")
_CREATED = ev.Created(identity=_IDENTITY)
_STARTED = ev.Started(identity=_IDENTITY, worker=Worker("bare/1", "bare"))
_COMPLETED = ev.Completed(results={})


def created(url: str) -> CommitOf:
    """Commits that begin a record."""
    return _commits(url, _CREATED)[0]


def started_and_completed(url: str) -> tuple[CommitOf, CommitOf]:
    """Commits of a run's start and its end."""
    start, end = _commits(url, _STARTED, _COMPLETED)
    return start, end


def _commits(url: str, *events: ev.Event) -> list[CommitOf]:
    connection = redis.Redis.from_url(url).connection_pool.get_connection()
    commits: list[CommitOf] = []
    sample = str(uuid4())
    base: Base | None = None
    stored = b""
    with Store(Settings(redis_url=url, timezone="Asia/Tokyo")) as store:
        for event in events:
            flow = store.flows.apply(sample, (event,), store.now(), base=base)
            command = next(flow)
            while not isinstance(command, Commit):
                command = flow.send(store.execute(command))
            (request,) = plan(command, store.layout).requests
            commits.append(partial(_commit, connection, packed(request), stored, sample))
            stored = command.document
            try:
                flow.send(store.execute(command))
            except StopIteration as end:
                base = end.value.base
    return commits


def _commit(connection: Any, request: bytes, stored: bytes, sample: str, task_id: str) -> None:
    of, own = sample.encode(), task_id.encode()
    request = request.replace(of, own)
    if stored:
        expected = digest(stored.replace(of, own))
        request = request.replace(digest(stored).encode(), expected.encode())
    connection.send_packed_command((request,))
    assert connection.read_response() == [1]
