"""A failure, and what Celery has stored before it: the result backend is asked first."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Task
from progress_backend.record.task_json import decode
from progress_backend.runs.celery_thread import CeleryThread
from progress_backend.runs.sender import Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.tracking.result_backend import ResultBackend
from progress_backend.tracking.stored_success import StoredSuccess
from tests.servers import Server
from tests.stopwatch import timed
from tests.waiting import PATIENCE_S, eventually

IDENTITY = ev.Identity(task_type="fetch_data", member=Member(("w",)))
FAILED = ev.Failed(error_message="it broke", cause="internal_error")


@pytest.fixture
def store(redis_url: str) -> Iterator[Store]:
    with Store(Settings(redis_url=redis_url)) as store:
        yield store


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Server]:
    server = Server(data_dir=tmp_path, appendonly=True).start()
    yield server
    server.stop()


@pytest.fixture
def unless_stored(
    store: Store, backend: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StoredSuccess]:
    monkeypatch.setattr("progress_backend.tracking.stored_success._PATIENCE_S", PATIENCE_S)
    app = Celery("asked", broker="memory://", backend=backend.url, set_as_current=False)
    sender = Sender(store, None, closing_s=0.3)
    sender.record(None, "t", ev.Started(identity=IDENTITY))
    sender.record(None, "next", ev.Planned(identity=IDENTITY))
    app.backend.store_result("t", {"rows": 4}, "SUCCESS")
    asking = StoredSuccess(sender, ResultBackend(app, CeleryThread("results")))
    yield asking
    asking.stop()
    sender.stop()
    app.close()


def read(store: Store, task_id: str) -> Task:
    document = store.run(store.flows.get(task_id))
    assert document is not None
    return decode(document)


def may_have_left(store: Store) -> bool:
    """Whether the pass is to wait for the planned task."""
    member = read(store, "next").member
    return member is not None and member.unseen


class Away:
    """The result backend goes, and a failure is asked about."""

    def __init__(self, store: Store, backend: Server, how: str, asking: StoredSuccess) -> None:
        self._store, self._backend, self._how, self._asking = store, backend, how, asking
        #: Filled where the failure is recorded.
        self.stood: list[bool] = []
        backend.pause() if how == "hangs" else backend.kill()

    def fail(self) -> None:
        self._asking.or_else(None, "t", FAILED, stands=lambda: self.stood.append(True))

    def comes_back(self) -> None:
        self._backend.resume() if self._how == "hangs" else self._backend.start()

    @property
    def status(self) -> str:
        return read(self._store, "t").status


@pytest.fixture(params=["hangs", "is down"])
def away(
    request: pytest.FixtureRequest, store: Store, backend: Server, unless_stored: StoredSuccess
) -> Away:
    return Away(store, backend, request.param, unless_stored)


def test_a_result_backend_that_is_away_for_a_while_is_asked_when_it_is_back(
    away: Away, store: Store
) -> None:
    away.fail()
    time.sleep(1.5)  # it has been asked
    assert away.status == "running"
    away.comes_back()
    eventually(lambda: away.status == "completed")
    assert (may_have_left(store), away.stood) == (True, [])


@pytest.mark.parametrize("doubtful", [True, False])
def test_a_failure_is_compared_again_if_another_run_may_succeed(
    store: Store, unless_stored: StoredSuccess, doubtful: bool
) -> None:
    """A lease later; no other failure is."""
    stood = list[bool]()
    store.run(store.flows.apply("u", (ev.Started(identity=IDENTITY),), store.now()))
    unless_stored.or_else(None, "u", FAILED, stands=lambda: stood.append(True), doubtful=doubtful)
    eventually(lambda: read(store, "u").status == "error" and stood)
    lease_ms, now_ms = int(store.settings.lease_s * 1000), milliseconds(store.now())

    def due(after_ms: int) -> list[str]:
        return store.execute(leases.to_ask(now_ms + after_ms, 9))

    unless_stored.stop()
    assert due(lease_ms // 2) == []
    assert due(lease_ms + 60_000) == (["u"] if doubtful else [])


def test_one_that_stays_away_keeps_no_failure_from_its_record(
    away: Away, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.tracking.stored_success._PATIENCE_S", 0.1)
    away.fail()
    eventually(lambda: away.status == "error" and away.stood)
    assert not may_have_left(store)


def test_the_end_of_the_process_records_what_still_waits_for_an_answer(
    away: Away, unless_stored: StoredSuccess
) -> None:
    away.fail()
    assert timed(unless_stored.stop) < 3
    assert (away.status, away.stood) == ("error", [True])
    away.fail()  # nothing would record it any more: it is done at once
    assert away.stood == [True, True]


def test_a_process_has_one_thread_for_records_and_one_for_results(
    store: Store, unless_stored: StoredSuccess
) -> None:
    before, ended = {*threading.enumerate()}, list[bool]()
    for task_id in ("t", "u", "v"):
        unless_stored.or_else(None, task_id, FAILED, keep=False, stands=lambda: ended.append(True))
    eventually(lambda: read(store, "t").status == "completed")
    began = {thread.name for thread in {*threading.enumerate()} - before}
    assert began == {"progress-sender", "results"}
