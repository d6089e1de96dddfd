"""One process's sender before a real server that hangs: how long a job waits, what is kept, and
when it is recorded to have happened."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from progress_backend.errors import StoreUnavailable
from progress_backend.flows.stored_record import ReadRecord
from progress_backend.operations import markings
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Task, Worker
from progress_backend.runs.run import Run
from progress_backend.runs.sender import Sender
from progress_backend.runs.writer import JOB_WAIT_S
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.conftest import StartServer
from tests.outages.fleet import pass_time
from tests.servers import Server
from tests.stopwatch import FACTOR, quickest, timed
from tests.strangers import Way
from tests.waiting import PATIENCE_S, eventually

#: How far the store's clock, as a busy process has measured it, may be off.
OFF_S = timedelta(seconds=0.5)
WORKER = Worker("celery@tests/boot", "celery@tests")
IDENTITY = ev.Identity(task_type="fetch_data", total_items=10)
STARTED = ev.Started(identity=IDENTITY, worker=WORKER)


@pytest.fixture
def jobs_are_patient() -> None:
    """They wait as long as ever: that is tested here."""


@pytest.fixture
def server(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def make_sender(server: Server) -> Iterator[Callable[..., Sender]]:
    made: list[Sender] = []

    def make(
        url: str = server.url,
        *,
        interval_s: float = 0.05,
        closing_s: float = 0.1,
        wait_s: float = JOB_WAIT_S,
    ) -> Sender:
        store = Store(Settings(redis_url=url, update_interval_s=interval_s), timeout_s=0.2)
        made.append(Sender(store, None, closing_s=closing_s))
        made[-1].writer.jobs.longest_s = wait_s
        return made[-1]

    yield make
    for sender in made:
        sender.stop()
        sender.writer.store.close()


@pytest.fixture
def sender(make_sender: Callable[..., Sender]) -> Sender:
    return make_sender()


def offer(run: Run, values: range) -> None:
    for value in values:
        run.offer(value)


def start(sender: Sender, task_id: str = "t") -> Run:
    run = Run(task_id, IDENTITY, sender)
    sender.record(run, task_id, STARTED)
    sender.opened(run)
    return run


def document_of(server: Server, task_id: str = "t") -> bytes | None:
    with Store(Settings(redis_url=server.url)) as store:
        try:
            return store.run(store.flows.get(task_id))
        except StoreUnavailable:
            return None


def task_of(server: Server, task_id: str = "t") -> Task | None:
    document = document_of(server, task_id)
    return None if document is None else task_json.decode(document)


def seen(server: Server, **wanted: Any) -> Task:
    def matching() -> Task:
        task = task_of(server)
        assert task is not None
        assert {name: getattr(task, name) for name in wanted} == wanted
        return task

    return eventually(matching, what=str(wanted))


@pytest.mark.parametrize("known", [True, False], ids=["connected", "never_connected"])
def test_a_job_waits_once_and_then_not_until_the_next_try(
    server: Server, sender: Sender, known: bool
) -> None:
    if known:
        sender.record(None, "before", STARTED)
    server.pause()
    run, names = Run("t", IDENTITY, sender), iter("abc")
    assert timed(lambda: sender.record(run, "t", STARTED)) < FACTOR * JOB_WAIT_S
    sender.opened(run)
    at_once = JOB_WAIT_S / 2
    assert quickest(lambda: offer(run, range(100))) < at_once
    created = ev.Created(identity=IDENTITY)
    assert quickest(lambda: sender.record(None, next(names), created)) < at_once
    assert timed(run.close) < FACTOR * JOB_WAIT_S
    sender.record(run, "t", ev.Completed())
    server.resume()
    task = seen(server, status="completed", attempt=1)
    assert (task.total_items, task.current_items) == (10, 0), "this end has no count"


def test_what_is_kept_is_recorded_when_it_happened(server: Server, sender: Sender) -> None:
    server.pause()
    before = datetime.now(UTC)
    run, began = start(sender), datetime.now(UTC)
    run.offer(4)
    pass_time(1.2)
    sender.ended(run)
    run.close()
    ending = datetime.now(UTC)
    sender.record(run, "t", ev.Failed(error_message="no"))
    ended = datetime.now(UTC)
    pass_time(1.2)
    server.resume()
    task = seen(server, status="error")
    assert task.started_at is not None
    assert task.completed_at is not None
    assert before - OFF_S < task.started_at < began + OFF_S
    assert ending - OFF_S < task.completed_at < ended + OFF_S


def test_a_clock_that_was_never_measured_dates_nothing(
    server: Server, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept from before the first answer is dated by Redis's clock all the same."""
    now = time.time  # before it is replaced
    late = SimpleNamespace(time=lambda: now() - 300)
    monkeypatch.setattr("progress_backend.store.drivers.time", late)
    server.pause()
    before = datetime.now(UTC)
    run = start(sender)
    began = datetime.now(UTC)
    pass_time(1.2)
    server.resume()
    task = seen(server, status="running")
    assert task.started_at is not None
    assert before - OFF_S < task.started_at < began + OFF_S
    before = datetime.now(UTC)
    run.offer(3)
    task = seen(server, current_items=3)
    assert task.updated_at is not None
    assert before - OFF_S < task.updated_at < datetime.now(UTC) + OFF_S


def test_the_newest_value_is_recorded_with_the_time_of_its_report(
    server: Server, sender: Sender
) -> None:
    run = start(sender)
    run.offer(1)
    seen(server, current_items=1)
    server.pause()
    before = datetime.now(UTC)
    run.offer(7, message="seven")
    offered = datetime.now(UTC)
    pass_time(2)
    server.resume()
    task = seen(server, current_items=7, message="seven")
    assert task.updated_at is not None
    assert before - OFF_S < task.updated_at < offered + OFF_S


def test_a_start_that_was_stored_without_a_reply_counts_once(
    server: Server, sender: Sender
) -> None:
    """A server that hangs carries out later what it was sent; no client receives its reply."""
    sender.record(None, "t", ev.Created(identity=IDENTITY))
    run = Run("t", IDENTITY, sender)
    run.base = ReadRecord.of(
        eventually(lambda: document_of(server))
    )  # as a worker knows it from the message: one round trip
    server.pause()
    sender.record(run, "t", STARTED)
    server.resume()
    eventually(lambda: run.attempt is not None, what="the start sent again")
    task = seen(server, status="running")
    assert (task.attempt, task.revision) == (1, 2)
    assert run.attempt == 1


def test_a_foreign_value_delays_no_other_record(
    server: Server, make_sender: Callable[..., Sender], caplog: pytest.LogCaptureFixture
) -> None:
    """Under a record's key stands what is none, text or another type altogether."""
    sender = make_sender(wait_s=PATIENCE_S)
    with redis.Redis.from_url(server.url) as client:
        client.set("task:text", "no record")
        client.rpush("task:list", "no string")
    for task_id in ("text", "list"):
        run = start(sender, task_id)
        run.offer(3)
        assert sender.record(run, task_id, ev.Completed()) is None
    run = start(sender)
    run.offer(5)
    seen(server, current_items=5)
    assert sender.ask(markings.stored("\ud800")) is None
    logged = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(logged) == 2
    assert "an event is not recorded: ForeignValue: what is stored for task" in logged[0]
    assert "no reply of the progress store can be read: " in logged[1]


def test_a_store_that_answers_later_than_a_job_waits_has_each_value(
    server: Server, make_sender: Callable[..., Sender]
) -> None:
    """Though within the time that a connection takes; no job waits for it longer than ever."""
    with Way(server.url) as way:
        way.delay_s = 0.3
        sender = make_sender(way.url, closing_s=20)
        run = Run("t", IDENTITY, sender)
        assert sender.record(run, "t", STARTED) is None
        sender.opened(run)
        for value in (1, 4):
            run.offer(value)
            seen(server, status="running", current_items=value)
        run.offer(7)
        assert timed(run.close) < FACTOR * JOB_WAIT_S
        sender.ended(run)
        assert sender.record(run, "t", ev.Completed()) is None
        assert seen(server, status="completed").attempt == 1
        sender.stop()


def test_a_pause_is_acknowledged_where_the_store_answers_later_than_a_job_waits(
    server: Server, make_sender: Callable[..., Sender]
) -> None:
    with Way(server.url) as way, Store(Settings(redis_url=server.url)) as store:
        way.delay_s = 0.3
        sender = make_sender(way.url, closing_s=20)
        run = Run("t", IDENTITY, sender)
        assert sender.record(run, "t", STARTED) is None
        sender.opened(run)
        run.offer(1)
        seen(server, status="running", current_items=1)
        store.run(store.flows.apply("t", (ev.Paused(by="api"),), store.now()))
        job = threading.Thread(target=lambda: eventually(lambda: run.offer(2) or over.is_set()))
        over = threading.Event()
        job.start()
        eventually(lambda: seen(server, status="paused").requested is None, what="acknowledged")
        over.set()
        store.run(store.flows.apply("t", (ev.Resumed(),), store.now()))
        job.join(PATIENCE_S)
        assert not job.is_alive()
        sender.ended(run)
        sender.stop()


def test_what_many_runs_say_shares_trips(
    server: Server, make_sender: Callable[..., Sender], monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = make_sender(interval_s=3_600, wait_s=PATIENCE_S)  # picks nothing up by itself
    runs = [start(sender, f"t{number}") for number in range(40)]
    for number, run in enumerate(runs):
        run.current, run.pending = number + 1, True
    trips: list[int] = []
    packed = sender.writer.store.packed

    def counted(requests: Sequence[bytes]) -> list[Any]:
        trips.append(len(requests))
        return packed(requests)

    monkeypatch.setattr(sender.writer.store, "packed", counted)
    sender.flush(everything=True)
    monkeypatch.undo()
    assert trips == [16, 16, 8]
    for number, run in enumerate(runs):
        task = task_of(server, run.task_id)
        assert (task.current_items, task.revision) == (number + 1, 2)
