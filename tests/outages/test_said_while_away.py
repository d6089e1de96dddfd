"""What a task, or who sends it, says while the store is away is recorded once it is back."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from celery.exceptions import Ignore, Reject

from progress_backend import progress_task
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from tests.apps import App, in_process, working
from tests.conftest import StartServer
from tests.records import Records
from tests.servers import Server
from tests.waiting import eventually

CONF = in_process("said_while_away")


@pytest.fixture
def store(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture
def app(store: Server) -> Iterator[App]:
    with contextlib.closing(App(store.url, CONF)) as app:
        yield app


def during(app: App, store: Server, body: Any) -> str:
    """The id of a task that runs `body` while the store is dead; it is back, empty, by its end."""

    def run(self: Any) -> Any:
        app.record(self.request.id)
        store.kill()
        return body(self)

    task = app.task(name="run", bind=True, shared=False)(progress_task(run))
    try:
        return str(task.apply().id)
    finally:
        store.start()


def test_an_end_that_the_task_sets_by_hand(app: App, store: Server) -> None:
    def ends(self: Any) -> Any:
        self.update_state(state="SUCCESS", meta={"rows": 3})
        raise Ignore

    task_id = during(app, store, ends)
    record = eventually(lambda: (r := app.record(task_id)).ended and r)
    assert (record.status, record.attempt, record.results) == ("completed", 1, {"rows": 3})


def replaces(self: Any) -> Any:
    return self.replace(self.app.signature("nobody's", queue="nobody's"))


def rejects(self: Any) -> Any:
    raise Reject("not now", requeue=True)


@pytest.mark.parametrize("body", [replaces, rejects])
def test_that_a_run_goes_back_to_the_queue(app: App, store: Server, body: Any) -> None:
    """In a worker: its run has an owner, until it says so."""
    begun: list[str] = []

    def run(self: Any) -> Any:
        if not begun:
            begun.append(self.request.id)
            assert app.record(self.request.id).worker is not None
            store.kill()
            try:
                body(self)
            finally:
                self.app.control.cancel_consumer("said_while_away")

    task = app.task(name="run", bind=True, acks_late=True, shared=False)(progress_task(run))
    with working(app.celery, pool="threads"):
        task_id = task.delay().id
        eventually(lambda: begun)
        sender = app.tracker.process.sender
        eventually(lambda: sender.writer.jobs.away, what="the store is away")
        store.start()
        record = eventually(lambda: (r := app.record(task_id)).worker is None and r)
    assert (record.status, record.attempt) == ("running", 1)


@pytest.mark.parametrize("begun", [False, True])
def test_another_process_requests_a_new_run(
    app: App, start_server: StartServer, tmp_path: Any, begun: bool
) -> None:
    """`retry_on_worker_lost`, say: the worker's main process sends the message."""
    store = start_server(data_dir=tmp_path / "kept", appendonly=True)
    records, identity = Records(store.url), ev.Identity(task_type="run")
    records.apply("t", ev.Started(identity=identity, worker=Worker("one", "one@tests")))
    with contextlib.closing(App(store.url, CONF)) as app:
        task = app.task(name="run", shared=False)(progress_task(nothing))
        store.kill()
        task.apply_async(task_id="t", retries=1)
        sender = app.tracker.process.sender
        assert "t" in sender._outbox
        with sender._kept_events.sending:  # what is kept waits for the run
            store.start()
            if begun:
                two = Worker("two", "two@tests")
                records.apply("t", ev.Started(identity=identity, worker=two, retries=1))
        eventually(lambda: "t" not in sender._outbox, what="it is sent")
        worker = app.record("t").worker
    assert (worker and worker.lease) == ("two" if begun else None)


def nothing() -> None:
    pass
