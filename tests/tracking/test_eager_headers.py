"""What `headers={"progress": …}` says of a call that runs where it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from celery import chain

from progress_backend import progress_task
from tests.apps import App
from tests.conftest import Install

GIVEN = {"task_type": "prices", "symbol": "7203.T", "total_items": 9, "metadata": {"period": "1y"}}


@pytest.fixture
def app(installed: Install) -> App:
    return installed({"task_always_eager": True})


def job(app: App, body: Callable[..., Any] | None = None) -> Any:
    def returns(self: Any, *_: Any) -> int:
        return 1

    marked = progress_task(symbol="said of all", total_items=4)(body or returns)
    return app.task(bind=True, name="job", shared=False)(marked)


@pytest.mark.parametrize("how", ["apply_async", "apply", "signature"])
def test_it_counts(app: App, how: str) -> None:
    task, headers = job(app), {"progress": GIVEN}
    if how == "signature":
        result = task.signature((), headers=headers).apply_async()
    else:
        result = getattr(task, how)(headers=headers)
    record = app.record(result.id)
    assert (record.task_type, record.symbol, record.total_items) == ("prices", "7203.T", 9)
    assert record.metadata == {"period": "1y"}


def test_it_counts_for_its_own_task_alone(app: App) -> None:
    task = job(app)
    first = task.signature((), headers={"progress": GIVEN})
    result = chain(first, task.s()).apply_async()
    assert app.record(result.parent.id).symbol == "7203.T"
    assert app.record(result.id).symbol == "said of all"


def test_it_counts_for_the_retry_too(app: App) -> None:
    def breaks_once(self: Any) -> int:
        if not self.request.retries:
            raise self.retry(countdown=0)
        return 1

    result = job(app, breaks_once).apply_async(headers={"progress": GIVEN})
    record = app.record(result.id)
    assert (record.status, record.symbol, record.retries) == ("completed", "7203.T", 1)


@pytest.mark.parametrize("headers", [None, {}, {"progress": "7203.T"}, {"progress": None}])
def test_what_says_nothing_changes_nothing(app: App, headers: Any) -> None:
    record = app.record(job(app).apply_async(headers=headers).id)
    assert (record.status, record.symbol) == ("completed", "said of all")


def test_a_task_without_a_mark_is_tracked_by_it(app: App) -> None:
    def plain() -> int:
        return 1

    task = app.task(name="plain", shared=False)(plain)
    assert app.record(task.apply_async(headers={"progress": GIVEN}).id).symbol == "7203.T"
