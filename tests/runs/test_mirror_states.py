"""States in the result backend that progress may not stand over: the end, and an abort."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from celery.backends.redis import RedisBackend
from celery.contrib.abortable import AbortableTask
from celery.exceptions import SoftTimeLimitExceeded, TaskRevokedError

from progress_backend.runs.mirror import Mirror
from progress_backend.runs.run import Outcome, Run
from tests.apps import App
from tests.runs.test_mirror import TASK, app, mirrored, run_of

__all__ = ["app"]
from tests.waiting import eventually


class Wire:
    """Holds up each write of a PROGRESS meta on its way to the result backend."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.under_way, self.free = threading.Event(), threading.Event()
        write = RedisBackend._set

        def held_up(backend: RedisBackend, key: str, value: bytes, *more: Any) -> None:
            if "PROGRESS" in str(value):
                self.under_way.set()
                assert self.free.wait(60)
            write(backend, key, value, *more)

        monkeypatch.setattr(RedisBackend, "_set", held_up)


def held_up(app: App, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Wire, Mirror]:
    """A run, and a mirror with writes that wait on the wire."""
    run, mirror = mirrored(app)
    return run, Wire(monkeypatch), mirror


def timed_out(*_: object) -> bool:
    return False


def at_the_limit(*_: object) -> bool:
    raise SoftTimeLimitExceeded


@pytest.mark.parametrize("waits", [timed_out, at_the_limit])
@pytest.mark.parametrize(
    "end",
    [
        Outcome("SUCCESS", {"saved": 4}),
        Outcome("FAILURE", ValueError("why"), "a traceback"),
        Outcome("REVOKED", TaskRevokedError("cancelled")),
    ],
    ids=lambda end: end.state,
)
def test_a_write_that_comes_after_the_end_is_put_right(
    app: App, monkeypatch: pytest.MonkeyPatch, end: Outcome, waits: Callable[..., bool]
) -> None:
    """As a packet that was lost and sent again: it is under way when the run is closed."""
    run, wire, mirror = held_up(app, monkeypatch)
    mirror.show(run, TASK)
    assert wire.under_way.wait(60)  # it has read that there is no end yet
    run.closed = True
    with monkeypatch.context() as limited, suppress(SoftTimeLimitExceeded):
        limited.setattr(threading.Condition, "wait_for", waits)
        mirror.close(run, 20)
    backend = run.celery_task.backend
    backend.store_result("t", end.result, end.state, traceback=end.traceback)
    wire.free.set()
    eventually(lambda: app.result("t")["status"] == "PROGRESS")
    run.outcome = end
    mirror.left(run)
    eventually(lambda: app.result("t")["status"] == end.state)
    assert app.result("t")["traceback"] == end.traceback


def test_a_write_of_a_run_without_a_body_is_put_right(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No body closes the run if `before_start` sets a value and raises."""
    run, wire, mirror = held_up(app, monkeypatch)
    run.next_due = 1.0  # a value is recorded
    mirror.show(run, TASK)
    assert wire.under_way.wait(60)
    run.celery_task.backend.store_result("t", ValueError("why"), "FAILURE")
    wire.free.set()
    eventually(lambda: app.result("t")["status"] == "PROGRESS")
    run.outcome = Outcome("FAILURE", ValueError("why"))
    mirror.left(run)
    eventually(lambda: app.result("t")["status"] == "FAILURE")
    assert run.closed  # so that no other write starts


def test_a_write_that_failed_is_put_right_once_the_result_backend_answers(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a request in the socket of a hung server, of which the client has given up."""
    monkeypatch.setattr("progress_backend.runs.mirror._REST_S", 0.05)
    run, mirror = mirrored(app)
    write, read, kept = RedisBackend._set, RedisBackend.get, list[tuple[Any, ...]]()
    failed = threading.Event()

    def cut_off(backend: RedisBackend, *given: Any) -> None:
        if "PROGRESS" not in str(given[1]):
            return write(backend, *given)
        kept.append(given)
        failed.set()
        raise RuntimeError("no reply")

    def away(backend: RedisBackend, key: str) -> Any:
        if threading.current_thread() is not threading.main_thread() and len(tries) < 2:
            tries.append(key)
            raise RuntimeError("away")
        return read(backend, key)

    monkeypatch.setattr(RedisBackend, "_set", cut_off)
    mirror.show(run, TASK)
    assert failed.wait(60)
    run.closed = True
    mirror.close(run, 20)
    backend = run.celery_task.backend
    backend.store_result("t", {"saved": 4}, "SUCCESS")
    write(backend, *kept[0])
    assert app.result("t")["status"] == "PROGRESS"
    tries = list[str]()
    monkeypatch.setattr(RedisBackend, "get", away)
    run.outcome = Outcome("SUCCESS", {"saved": 4})
    mirror.left(run)
    eventually(lambda: app.result("t")["status"] == "SUCCESS")
    assert len(tries) == 2


def test_a_job_waits_for_a_write_under_way_and_for_no_more(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is stored after that write then, so that nothing has to be put right."""
    run, wire, mirror = held_up(app, monkeypatch)
    mirror.show(run, TASK)
    assert wire.under_way.wait(60)
    run.closed = True
    threading.Timer(0.05, wire.free.set).start()
    mirror.close(run, 60)
    assert not run.late_meta
    assert app.result("t")["status"] == "PROGRESS"


def test_a_task_that_was_aborted_stays_so(app: App) -> None:
    run, mirror = mirrored(app, base=AbortableTask)
    mirror.show(run, TASK)
    eventually(lambda: app.result("t").get("status") == "PROGRESS")
    run.celery_task.AsyncResult("t").abort()
    mirror.show(run, TASK)
    mirror.show(run_of(app, "later"), TASK)  # in the order in which they came
    eventually(lambda: app.result("later").get("status") == "PROGRESS")
    assert app.result("t")["status"] == "ABORTED"
