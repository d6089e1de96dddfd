"""What a worker's main process sees, as Celery signals it; real workers: tests/integration."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from billiard.einfo import ExceptionInfo
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import Celery, signals
from celery.app.task import Context
from celery.contrib.testing.mocks import TaskMessage
from celery.worker import state
from celery.worker.request import Request

from progress_backend import progress_task
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.tracking.headers import RUN
from progress_backend.tracking.request_methods import watch_requests
from progress_backend.tracking.tracker import LEASE_VARIABLE
from tests.apps import App, nothing
from tests.conftest import Install
from tests.records import Records
from tests.waiting import PATIENCE_S, eventually

LEASE = "w@tests/1"


@pytest.fixture
def app(installed: Install, monkeypatch: pytest.MonkeyPatch) -> App:
    """That of a worker's main process, which runs no task itself."""
    monkeypatch.setenv(LEASE_VARIABLE, LEASE)
    for wait in ("ASK_S", "_PATIENCE_S"):
        monkeypatch.setattr(f"progress_backend.tracking.stored_success.{wait}", PATIENCE_S)
    return installed()


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url)


def fetch(app: App, *, marked: bool = True, **options: Any) -> Any:
    def run() -> None:
        pass

    options = {"name": "fetch", "shared": False, **options}
    return app.task(**options)(progress_task(run) if marked else run)


def started(records: Records, lease: str = LEASE, run: int | None = None) -> None:
    identity = ev.Identity(task_type="fetch")
    worker = Worker(lease, "w@tests", run=run)
    records.apply("t", ev.Started(identity=identity, worker=worker))


@pytest.mark.parametrize(
    ("how", "message", "reason"),
    [
        ({"terminated": True, "signum": 15}, "タスクは取り消されました", "terminated"),
        ({"terminated": False}, "タスクは取り消されました", "revoked"),
        ({"expired": True}, "タスクの有効期限が切れました", "expired"),
    ],
)
def test_a_revoke_is_a_cancel(
    app: App, records: Records, how: dict[str, Any], message: str, reason: str
) -> None:
    started(records)
    signals.task_revoked.send(fetch(app), request=Context(id="t"), **how)
    record = app.record("t")
    assert (record.status, record.message) == ("cancelled", message)
    assert (record.control["by"], record.control["reason"]) == ("celery", reason)


def recorded(app: App) -> Task:
    """The record, once nothing waits for the result backend's answer."""
    unless_stored = app.tracker.process.unless_stored
    eventually(lambda: not unless_stored.step())
    unless_stored.stop()  # waits for the thread that records an answer
    return app.record("t")


def failure(task: Any, exception: Exception, **given: Any) -> None:
    signals.task_failure.send(task, task_id="t", exception=exception, **given)


def test_a_lost_child_is_an_error_and_a_second_report_changes_nothing(
    app: App, records: Records
) -> None:
    started(records)
    task = fetch(app)
    failure(task, WorkerLostError("signal 9"))
    record = recorded(app)
    assert (record.status, record.error_cause) == ("error", "worker_lost")
    assert record.error_message == "WorkerLostError: signal 9"
    failure(task, TimeLimitExceeded(3))
    assert recorded(app) == record


def received(app: App, task: Any) -> Request:
    """A message's request in the worker, with the number of its run."""
    watch_requests()
    message = TaskMessage(task.name, id="t", chain=[task.s().set(task_id="next")])
    request = Request(message, app=app.celery, task=task, connection_errors=())
    signals.task_received.send(Mock(app=app.celery), request=request)  # of a consumer
    return request


def failed(request: Request, error: Exception) -> None:
    """As the pool ends it."""
    if isinstance(error, TimeLimitExceeded):
        request.on_timeout(soft=False, timeout=3)
    try:
        raise error
    except (TimeLimitExceeded, WorkerLostError):
        request.on_failure(ExceptionInfo())


@pytest.mark.parametrize(
    ("error", "cause"),
    [(TimeLimitExceeded(3), "time_limit"), (WorkerLostError("signal 9"), "worker_lost")],
)
def test_the_end_of_an_older_run_is_not_of_the_one_that_the_worker_has(
    app: App, records: Records, error: Exception, cause: str
) -> None:
    """Celery's signal names the task alone: its request says which run it is about."""
    task = fetch(app)
    older, newer = received(app, task), received(app, task)
    started(records, run=newer.request_dict[RUN])
    failed(older, error)
    assert recorded(app).status == "running"
    failed(newer, error)
    assert recorded(app).error_cause == cause


def test_a_record_that_another_worker_holds_is_not_ended(app: App, records: Records) -> None:
    started(records, lease="other@tests/2")
    task = fetch(app)
    before = app.record("t")
    for ends in (lost_child, terminated):
        ends(task)
    assert recorded(app) == before


def test_a_task_without_a_mark_has_a_record_by_its_header_alone(app: App, records: Records) -> None:
    task = fetch(app, marked=False)
    lost_child(task)
    assert app.records() == []
    started(records)
    lost_child(task)
    assert recorded(app).error_cause == "worker_lost"


def test_a_task_of_another_app_is_not_ours(app: App, records: Records) -> None:
    started(records)
    fetch(app)
    other = Celery("other", broker="memory://", set_as_current=False)
    foreign = other.task(name="fetch", shared=False)(nothing)
    before = app.record("t")
    failure(foreign, WorkerLostError("signal 9"))
    assert recorded(app) == before


def lost_child(task: Any, **given: Any) -> None:
    failure(task, WorkerLostError("signal 9"), **given)


def revoke(task: Any, **given: Any) -> None:
    signals.task_revoked.send(task, request=Context(id="t", **given), terminated=False)


def internal_error(task: Any, **given: Any) -> None:
    signals.task_internal_error.send(task, task_id="t", exception=ConnectionError(), **given)


@pytest.mark.parametrize(
    ("ends", "status", "cause"),
    [
        (lost_child, "error", "worker_lost"),
        (revoke, "cancelled", None),
        (internal_error, "error", "internal_error"),
    ],
)
def test_a_record_that_was_never_made_begins_with_its_end(
    app: App, ends: Callable[..., None], status: str, cause: str | None
) -> None:
    """The store was away at the publish, and at the start if there was one."""

    @progress_task(symbol=lambda symbol: symbol, total_items=lambda rows: rows)
    def run(symbol: str, rows: int = 9) -> None:
        pass

    task = app.task(name="priced", shared=False)(run)
    ends(task, args=("7203.T",), kwargs={"rows": 4})
    record = recorded(app)
    assert (record.status, record.error_cause) == (status, cause)
    assert (record.task_type, record.symbol, record.total_items) == ("priced", "7203.T", 4)
    assert (record.attempt, record.worker) == (0, None)
    assert app.records() == ["t"]


def test_a_task_that_no_worker_knows(app: App, records: Records) -> None:
    records.create("t")
    consumer = Context(app=app.celery)
    signals.task_unknown.send(consumer, message=None, exc=KeyError(), name="nobody", id="t")
    record = recorded(app)
    assert (record.status, record.error_cause) == ("error", "unknown_task")
    assert record.error_message == "未登録のタスクです: nobody"
    signals.task_unknown.send(consumer, message=None, exc=KeyError(), name="nobody", id="u")
    assert app.document("u") == {}


def test_a_mistake_of_ours_stays_in_the_log(
    app: App, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = fetch(app)
    assert app.tracker.process is not None
    with monkeypatch.context() as patch:
        patch.setattr(app.tracker.process, "unless_stored", None)
        failure(task, WorkerLostError("signal 9"))
    assert [r.getMessage() for r in caplog.records] == [
        "the handler of a Celery signal failed: failure"
    ]
    assert caplog.records[0].exc_info is not None


def test_what_failed_around_a_body_is_not_of_its_retry(app: App, records: Records) -> None:
    """The retry had left, and another child has begun it."""
    task, identity = fetch(app), ev.Identity(task_type="fetch")
    worker = Worker(LEASE, "w@tests")
    records.apply("t", ev.Started(identity=identity, worker=worker, retries=1))
    internal_error(task, request={"retries": 0})
    assert recorded(app).status == "running"
    internal_error(task, request={"retries": 1})
    assert recorded(app).status == "error"


# What Celery has stored


def time_limit(task: Any, **given: Any) -> None:
    failure(task, TimeLimitExceeded(3), **given)


@pytest.mark.parametrize("ends", [lost_child, time_limit, internal_error])
def test_a_success_that_celery_has_stored_stays(
    app: App, records: Records, ends: Callable[..., None]
) -> None:
    """What came after it, in on_success say, was killed or failed."""
    started(records)
    app.celery.backend.mark_as_done("t", {"saved": 4})
    ends(fetch(app))
    record = recorded(app)
    assert (record.status, record.results) == ("completed", {"saved": 4})
    assert record.error_cause is None


_LATE, _IGNORED = {"acks_late": True}, {"acks_late": True, "ignore_result": True}


@pytest.mark.parametrize(
    ("options", "redelivered", "compared"),
    [(_LATE, False, 1), ({}, True, 1), ({}, False, 0), (_IGNORED, True, 0)],
)
def test_a_failure_is_compared_again_only_where_another_run_may_succeed(
    app: App, records: Records, options: dict[str, Any], redelivered: bool, compared: int
) -> None:
    task = fetch(app, **options)
    started(records)
    task.push_request(id="t", delivery_info={"redelivered": redelivered})
    failure(task, WorkerLostError("signal 9"))
    assert recorded(app).status == "error"
    assert app._redis.zcard(Keys().result_checks) == compared


# What Celery ended by itself


def terminated(task: Any, **given: Any) -> None:
    request = Context(id="t", **given)
    signals.task_revoked.send(task, request=request, terminated=True, signum="Terminated(15)")


def given_up(task: Any) -> None:
    signals.task_retry.send(task, request=Context(id="t"), einfo=None)


@pytest.mark.parametrize("ends", [terminated, given_up])
def test_what_celery_ended_by_itself_waits_for_its_message(
    app: App, records: Records, ends: Callable[[Any], None]
) -> None:
    """Unless that was acknowledged before: it is left to be found lost then."""
    started(records)
    before = app.record("t")
    ends(fetch(app))
    assert app.record("t") == before
    ends(fetch(app, name="late", acks_late=True))
    record = app.record("t")
    assert (record.status, record.worker) == ("running", None)
    assert record.again_until is not None
    assert (record.again_until - record.updated_at).total_seconds() == 3_600 + 30


@pytest.mark.parametrize("how", ["id", "stamp"])
def test_a_revoke_that_only_the_childs_end_shows_is_a_cancel(
    app: App, records: Records, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    started(records)
    if how == "id":
        monkeypatch.setattr(state, "revoked", {"t"})
    else:
        monkeypatch.setattr(state, "revoked_stamps", {"batch": ["b-1", "b-2"]})
    terminated(fetch(app, acks_late=True), stamped_headers=["batch"], stamps={"batch": ["b-2"]})
    assert app.record("t").status == "cancelled"
