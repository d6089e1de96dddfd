"""Publishing while the store or the broker is away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery, signals
from kombu.exceptions import OperationalError

from progress_backend.runs.sender import JOB_WAIT_S
from tests.conftest import StartServer
from tests.outages.app import build
from tests.outages.conftest import StartOutageWorker
from tests.outages.fleet import client, close_app
from tests.servers import Server
from tests.stopwatch import FACTOR, timed
from tests.waiting import eventually

pytestmark = pytest.mark.integration

#: Celery's own patience with a broker, short enough for a test.
RETRY = {"max_retries": 1, "interval_start": 0.05, "interval_step": 0, "interval_max": 0.05}


@pytest.fixture
def broker(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def store(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def app(broker: Server, store: Server) -> Iterator[Celery]:
    app = build(broker.url, None, redis_url=store.url)
    app.conf.update(task_publish_retry_policy=RETRY, broker_connection_timeout=0.5)
    yield app
    close_app(app)


def record(server: Server, task_id: str) -> dict[str, Any]:
    with client(server.url) as connected:
        found: dict[str, Any] = json.loads(connected.get(f"task:{task_id}") or "{}")
        return found


@pytest.mark.parametrize("known", [True, False], ids=["connected", "never_connected"])
def test_a_store_that_hangs_costs_one_wait_a_second(
    app: Celery, store: Server, broker: Server, known: bool
) -> None:
    quick = app.tasks["quick"]
    # The broker's connection is opened, and an untracked publish says what Celery itself takes.
    app.tasks["plain"].delay(1)
    if known:
        quick.delay(1)
    store.pause()
    began = time.monotonic()
    took = [timed(lambda: quick.delay(1)) for _ in range(50)]
    rests = int(time.monotonic() - began) + 1
    store.resume()
    assert max(took) < FACTOR * JOB_WAIT_S, took
    # One that waits for the store waits this long.
    assert sum(each >= JOB_WAIT_S for each in took) <= rests, took
    with client(broker.url) as connected:
        assert connected.llen("celery") == 51 + known


def test_started_makes_the_record_that_publishing_could_not(
    app: Celery,
    broker: Server,
    store: Server,
    start_outage_worker: StartOutageWorker,
    tmp_path: Path,
) -> None:
    store.kill()
    sent = app.tasks["quick"].apply_async((5,), headers={"progress": {"symbol": "IBM"}}).id
    store.start()
    assert record(store, sent) == {}
    start_outage_worker(broker.url, broker.url, store.url, concurrency=1)
    eventually(lambda: record(store, sent).get("status") == "completed", 20)
    made = record(store, sent)
    assert (made["symbol"], made["attempt"], made["progress"]["total"]) == ("IBM", 1, 5)


@pytest.mark.parametrize("connected", [True, False], ids=["connected", "never_connected"])
def test_what_could_not_be_published_is_an_error(
    app: Celery, broker: Server, store: Server, connected: bool
) -> None:
    if connected:
        app.tasks["plain"].delay(1)
    broker.kill()
    with pytest.raises(OperationalError):
        app.tasks["quick"].apply_async((3,), task_id="never-left")
    told = record(store, "never-left")
    assert (told["status"], told["error_cause"]) == ("error", "not_published")
    assert told["end_time"] is not None
    broker.start()
    app.tasks["quick"].apply_async((3,), task_id="never-left")
    told = record(store, "never-left")
    assert (told["status"], told["error_message"]) == ("created", None)
    with redis.Redis.from_url(broker.url) as raw:
        assert raw.llen("celery") == 1


def test_without_broker_and_store_celery_s_own_error_is_what_is_raised(
    app: Celery, broker: Server, store: Server
) -> None:
    broker.kill()
    store.kill()
    for name in ("plain", "quick"):
        with pytest.raises(OperationalError):
            app.tasks[name].delay(1)


@pytest.mark.parametrize("connected", [True, False], ids=["connected", "never_connected"])
def test_without_broker_and_store_the_record_is_there_when_the_store_is_back(
    app: Celery, broker: Server, store: Server, connected: bool
) -> None:
    if connected:
        app.tasks["quick"].delay(1)
    broker.kill()
    store.kill()
    with pytest.raises(OperationalError):
        app.tasks["quick"].apply_async((3,), task_id="never-left")
    store.start()
    eventually(lambda: record(store, "never-left").get("status") == "error", 20)
    told = record(store, "never-left")
    assert (told["error_cause"], told["progress"]["total"]) == ("not_published", 3)


def test_a_job_knows_of_its_message_what_its_publisher_said(
    app: Celery, broker: Server, store: Server, start_outage_worker: StartOutageWorker
) -> None:
    start_outage_worker(broker.url, broker.url, store.url, concurrency=1)
    sent = app.tasks["quick"].apply_async((5,), expires=3_600, countdown=0.5).id
    told = record(store, sent)["delivery"]
    assert told["eta"]
    assert told["expires"]
    eventually(lambda: record(store, sent).get("status") == "completed", 20)
    assert record(store, sent)["delivery"] == {**told, "eta": None}  # its time has come


def test_what_could_not_be_published_is_said_of_a_record_of_which_nothing_was_heard(
    app: Celery, broker: Server, store: Server
) -> None:
    """A server that hangs carries out later what it was sent."""
    app.tasks["quick"].delay(1)
    broker.kill()
    store.pause()
    try:
        with pytest.raises(OperationalError):
            app.tasks["quick"].apply_async((3,), task_id="never-left")
    finally:
        store.resume()
    eventually(lambda: record(store, "never-left").get("status") == "error", 20)
    assert record(store, "never-left")["error_cause"] == "not_published"


def test_what_could_not_be_published_is_said_when_the_store_is_back(
    broker: Server, start_server: StartServer, tmp_path: Path
) -> None:
    store = start_server(data_dir=tmp_path / "store", appendonly=True)
    app = build(broker.url, None, redis_url=store.url)
    app.conf.update(task_publish_retry_policy=RETRY, broker_connection_timeout=0.5)
    broker.kill()

    def die_too(**_: object) -> None:
        store.kill()

    # Connected after ours: the record is made by then.
    signals.before_task_publish.connect(die_too, weak=False, dispatch_uid="die too")
    try:
        with pytest.raises(OperationalError):
            app.tasks["quick"].apply_async((3,), task_id="never-left")
    finally:
        signals.before_task_publish.disconnect(dispatch_uid="die too")
    store.start()
    eventually(lambda: record(store, "never-left").get("status") == "error", 20)
    assert record(store, "never-left")["error_cause"] == "not_published"
    close_app(app)
