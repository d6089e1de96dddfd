"""Runs that end as cancelled, by request or by themselves; in the caller's process (eager)."""

from typing import Any

import pytest
from celery import Task, signals
from celery.exceptions import Ignore

from progress_backend import ProgressNotifier, TaskCancelled
from progress_backend.record import events as ev
from tests.apps import App
from tests.conftest import Install
from tests.records import Records

EAGER = {"task_always_eager": True}


@pytest.mark.parametrize(
    ("raised", "by", "reason"),
    [
        (Ignore(), "celery", "Ignore"),
        (TaskCancelled("nothing to do"), "task", "TaskCancelled: nothing to do"),
    ],
)
def test_ignore_is_a_quiet_end(eager: App, raised: Exception, by: str, reason: str) -> None:
    def ends(self: Any) -> None:
        raise raised

    record = eager.call(ends)
    assert record.status == "cancelled"
    assert (record.control["by"], record.control["reason"]) == (by, reason)


def test_a_run_that_returns_what_would_have_ended_it_is_completed(eager: App) -> None:
    def returns(self: Any) -> Any:
        return TaskCancelled("nothing to do")

    assert eager.call(returns).status == "completed"


@pytest.mark.parametrize(
    ("by", "reason", "status"),
    [
        ("celery", "revoked", "completed"),
        ("celery", ev.STORED, "completed"),
        ("celery", ev.TERMINATED, "cancelled"),
        ("api", None, "cancelled"),
    ],
)
def test_a_cancel_that_no_caller_requested_stops_no_run(
    eager: App, redis_url: str, by: str, reason: str | None, status: str
) -> None:
    def job(self: Any) -> None:
        asked = Records(redis_url).apply(self.request.id, ev.Cancelled(by=by, reason=reason))
        assert not asked.still_runs, "no worker runs it that could die"
        process = eager.tracker.process
        run = process.run_of(self.request)
        assert run is not None
        process.sender.writer.look([run])
        ProgressNotifier(self).update(1, 4)

    assert eager.call(job).status == status


class Hooked(Task):  # type: ignore[misc]  # celery is untyped
    """Keeps what its hooks are called with."""

    abstract = True

    def on_failure(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        self.hook_calls.append(("on_failure", type(exc), args, kwargs, einfo.type))
        self.update_state(state="FAILURE", meta="as careless hooks do")
        raise LookupError("on_failure")

    def on_success(self, *about: Any) -> None:
        self.hook_calls.append(("on_success",))

    def after_return(
        self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        self.hook_calls.append(("after_return", status, type(retval), args, kwargs))
        raise LookupError("after_return")


@pytest.mark.parametrize("stored", [False, True])
def test_the_tasks_hooks_are_called_for_a_cancel(
    installed: Install, caplog: pytest.LogCaptureFixture, stored: bool
) -> None:
    app = installed({**EAGER, "task_store_eager_result": stored})

    def gives_up(self: Any, symbol: str, *, days: int) -> None:
        raise TaskCancelled("nothing to do")

    task = app.tracked(gives_up, base=Hooked)
    task.hook_calls = []
    result = task.delay("7203.T", days=3)
    given = (["7203.T"], {"days": 3})
    assert task.hook_calls == [
        ("on_failure", TaskCancelled, *given, TaskCancelled),
        ("after_return", "REVOKED", TaskCancelled, *given),
    ]
    raised = [r.getMessage() for r in caplog.records if r.name.endswith("failure_hooks")]
    assert [text.split("] ")[1] for text in raised] == [
        "on_failure raised after a cancel",
        "after_return raised after a cancel",
    ]
    record = app.record(result.id)
    assert (record.status, record.error_message) == ("cancelled", None)
    assert app.result(result.id).get("status") == ("REVOKED" if stored else None)


@pytest.mark.parametrize(
    ("raised", "called"),
    [
        (TaskCancelled, ["task_postrun IGNORED"]),
        (ValueError, ["link_error", "task_failure", "task_postrun FAILURE"]),
    ],
)
def test_signals_and_errbacks_are_those_of_ignore(
    eager: App, raised: type[Exception], called: list[str]
) -> None:
    calls = list[str]()

    def ends(self: Any) -> None:
        raise raised("nothing to do")

    def failed(**_: Any) -> None:
        calls.append("task_failure")

    def over(state: str, **_: Any) -> None:
        calls.append(f"task_postrun {state}")

    def errback(*_: Any) -> None:
        calls.append("link_error")

    task = eager.tracked(ends)
    signals.task_failure.connect(failed, sender=task)
    signals.task_postrun.connect(over, sender=task)
    task.apply_async(link_error=eager.task(name="errback", shared=False)(errback).s())
    assert calls == called
