"""The store comes back empty or as an old backup has it: a run that knows better says so."""

from __future__ import annotations

import pytest
import redis

from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.store.drivers import Store
from tests.records import Records

pytestmark = pytest.mark.integration

WORKER = Worker("celery@tests/boot", "celery@tests")
IDENTITY = ev.Identity(task_type="fetch_data", total_items=10, symbol="7203.T")


class Backup:
    """All keys of a server as they are now."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._kept = {key: client.dump(key) for key in client.keys("*")}

    def restore(self) -> None:
        self._client.flushdb()
        for key, value in self._kept.items():
            self._client.restore(key, 0, value or b"")


def test_an_older_state_takes_over_the_run_that_is_under_way(redis_url: str) -> None:
    records = Records(redis_url)
    with Store(records.settings) as store, redis.Redis.from_url(redis_url) as client:
        sender = Sender(store, None)

        def say(event: ev.Event) -> Task:
            sender.record(run, "t", event)
            return records.get("t")

        sender.record(None, "t", ev.Created(identity=IDENTITY))
        queued = Backup(client)
        run = Run("t", IDENTITY, sender)
        say(ev.Started(identity=IDENTITY, worker=WORKER))
        begun = Backup(client)
        before = say(ev.Progressed(current=5))
        for current, backup in ((6, begun), (7, queued)):
            backup.restore()
            task = say(ev.Progressed(current=current))
            assert (task.status, task.attempt, task.current_items) == ("running", 1, current)
            assert (task.worker, task.started_at) == (WORKER, before.started_at)
        queued.restore()
        task = say(ev.Failed(error_message="no"))
        assert (task.status, task.attempt, task.current_items) == ("error", 1, 7)
        sender.stop()
