"""The store comes back empty or as an old backup has it: a run that knows better says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from progress_backend.flows.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.records import Records

pytestmark = pytest.mark.integration

WORKER = Worker("celery@tests/boot", "celery@tests")
IDENTITY = ev.Identity(task_type="fetch_data", total_items=10, symbol="7203.T")
KEYS = Keys()


class Backup:
    """All keys of a server as they are now."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._kept = {key: client.dump(key) for key in client.keys("*")}

    def restore(self) -> None:
        self._client.flushdb()
        for key, value in self._kept.items():
            self._client.restore(key, 0, value or b"")


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def sender(redis_url: str) -> Iterator[Sender]:
    with Store(Settings(redis_url=redis_url)) as store:
        sender = Sender(store, None)
        yield sender
        sender.stop()


def start(sender: Sender) -> Run:
    run = Run("t", IDENTITY, sender)
    sender.record(run, "t", ev.Started(identity=IDENTITY, worker=WORKER))
    return run


def say(sender: Sender, run: Run, current: int) -> Task:
    applied = sender.record(run, "t", ev.Progressed(current=current))
    assert applied is not None
    assert applied.refused is None
    return applied.task


def places(client: redis.Redis) -> set[str]:
    """Every index that the task stands in."""
    # redis-py's answers are typed for both of its clients at once.
    names = [bytes(key).decode() for key in client.keys("*")]  # type: ignore[arg-type]
    sets = [name for name in names if client.type(name) == b"zset"]
    return {name for name in sets if client.zscore(name, "t") is not None}


def where(status: str, lease: str | None = None) -> set[str]:
    """Every index that it should stand in."""
    held = {KEYS.held(lease)} if lease else set()
    ended = set() if lease else {KEYS.ended(status)}
    return {*KEYS.indexes(status, "fetch_data", "7203.T"), KEYS.expiry, *held, *ended}


def test_an_empty_store_gets_the_record_that_the_run_remembers(
    client: redis.Redis, sender: Sender
) -> None:
    sender.record(None, "t", ev.Created(identity=IDENTITY))
    run = start(sender)
    before = say(sender, run, 5)
    client.flushall()
    task = say(sender, run, 6)
    assert (task.revision, task.attempt) == (before.revision + 1, 1)
    assert (task.created_at, task.started_at) == (before.created_at, before.started_at)
    assert places(client) == where("running", WORKER.lease)
    client.flushall()
    sender.record(run, "t", ev.Completed(results={"saved": 6}))
    assert places(client) == where("completed")


def test_an_older_state_takes_over_the_run_that_is_under_way(
    client: redis.Redis, sender: Sender, redis_url: str
) -> None:
    sender.record(None, "t", ev.Created(identity=IDENTITY))
    queued = Backup(client)
    run = start(sender)
    say(sender, run, 2)
    begun = Backup(client)
    before = say(sender, run, 5)
    for current, backup in ((6, begun), (7, queued)):
        backup.restore()
        task = say(sender, run, current)
        assert (task.status, task.attempt, task.worker) == ("running", 1, WORKER)
        assert task.started_at == before.started_at
        assert places(client) == where("running", WORKER.lease)
    queued.restore()
    sender.record(run, "t", ev.Failed(error_message="no"))
    task = Records(redis_url).get("t")
    assert (task.status, task.attempt, task.current_items) == ("error", 1, 7)
    assert places(client) == where("error")


def test_a_second_attempt_takes_over_the_first_one_s_record(
    client: redis.Redis, sender: Sender
) -> None:
    first = start(sender)
    old = Backup(client)
    second = start(sender)
    assert (first.attempt, second.attempt) == (1, 2)
    old.restore()
    assert say(sender, second, 3).attempt == 2
    late = sender.record(first, "t", ev.Progressed(current=9))
    assert late is not None
    assert late.refused is not None
    assert late.task.current_items == 3


def test_who_wrote_to_the_older_record_meanwhile_has_the_last_word(
    client: redis.Redis, sender: Sender, redis_url: str
) -> None:
    sender.record(None, "t", ev.Created(identity=IDENTITY))
    queued = Backup(client)
    run = start(sender)
    for current in range(1, 6):
        say(sender, run, current)
    queued.restore()
    Records(redis_url).apply("t", ev.Cancelled(by="api"))
    applied = sender.record(run, "t", ev.Progressed(current=6))
    assert applied is not None
    assert applied.refused is not None
    assert Records(redis_url).get("t").status == "cancelled"
    assert run.cancelled
