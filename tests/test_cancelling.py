"""Runs that end as cancelled, told so or of their own accord; in the caller's process (eager)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from celery.exceptions import Ignore

from progress_backend import ProgressNotifier, TaskCancelled, progress_task
from progress_backend import events as ev
from tests.apps import App
from tests.conftest import Install
from tests.records import Records
from tests.waiting import eventually

EAGER = {"task_always_eager": True}


def tracked(app: App, body: Callable[..., Any]) -> Any:
    """The function as a bound, marked task of the app."""
    return app.task(name=body.__name__, bind=True, shared=False)(progress_task(body))


def test_a_cancelled_record_ends_the_run_each_time_it_says_something(
    installed: Install, redis_url: str
) -> None:
    app, records = installed(EAGER), Records(redis_url)
    raised: list[str] = []

    def goes_on(self: Any) -> None:
        notifier = ProgressNotifier(self)
        notifier.update(1, 9)
        eventually(lambda: app.record(self.request.id).current_items == 1)
        records.apply(self.request.id, ev.Cancelled())
        notifier.update(2, 9)
        eventually(lambda: app.run_of(self).cancelled)
        says: dict[str, Callable[[], Any]] = {
            "update": lambda: notifier.update(3, 9),
            "advance": notifier.advance,
            "track": lambda: list(notifier.track([1])),
            "update_state": lambda: self.update_state(state="PROGRESS", meta={}),
        }
        for name, say in says.items():
            with pytest.raises(TaskCancelled):
                say()
            raised.append(name)
        notifier.update(4, 9)

    result = tracked(app, goes_on).delay()
    assert raised == ["update", "advance", "track", "update_state"]
    record = app.record(result.id)
    assert (record.status, record.current_items) == ("cancelled", 1)


def test_ignore_is_a_quiet_end(installed: Install) -> None:
    app = installed(EAGER)

    def ignores(self: Any) -> None:
        raise Ignore

    record = app.record(tracked(app, ignores).delay().id)
    assert record.status == "cancelled"
    assert record.control is not None
    assert (record.control["by"], record.control["reason"]) == ("celery", "Ignore")


def test_a_job_that_calls_itself_cancelled_is(installed: Install) -> None:
    app = installed(EAGER)

    def gives_up(self: Any) -> None:
        raise TaskCancelled("nothing to do")

    record = app.record(tracked(app, gives_up).delay().id)
    assert record.status == "cancelled"
    assert record.control is not None
    assert record.control["by"] == "task"
    assert record.control["reason"] == "TaskCancelled: nothing to do"
