"""The least that a record takes of each of its commits: a request that is ready but for the id,
its answer awaited."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import redis

from progress_backend.operations.commits import CommitCall
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.record.task_json import digest
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.store.exchange import packed

#: Every process writes the same documents but for the id: one creates what another starts.
_AT = datetime(2026, 11, 30, tzinfo=UTC)
_IDENTITY = ev.Identity(task_type="noop")
_COURSE = (
    ev.Created(identity=_IDENTITY),
    ev.Started(identity=_IDENTITY, worker=Worker("celery@host/0123456789abcdef", "celery@host")),
    ev.Completed(),
)


def bare_commits(url: str) -> list[Callable[[str], None]]:
    """Commits of a task's creation, of its start and of its end, by the task's id."""
    connection = redis.Redis.from_url(url).connection_pool.get_connection()
    sample = str(uuid4())
    before = b""

    def ready(event: ev.Event, store: Store) -> Callable[[str], None]:
        nonlocal before
        flow = store.flows.apply(sample, (event,), _AT)
        command = next(flow)
        while not isinstance(command, CommitCall):
            command = flow.send(store.execute(command))
        (request,) = command.asked(store.layout).requests
        its, base, expected = packed(request), before, command.commit.expected.encode()
        before = command.commit.document
        assert store.execute(command).done  # the script is loaded

        def commit(task_id: str) -> None:
            own, mine = task_id.encode(), sample.encode()
            asked = its.replace(mine, own)
            if expected:
                asked = asked.replace(expected, digest(base.replace(mine, own)).encode())
            connection.send_packed_command((asked,))
            assert connection.read_response() == [1]

        return commit

    with Store(Settings(redis_url=url, timezone="Asia/Tokyo")) as store:
        return [ready(event, store) for event in _COURSE]
