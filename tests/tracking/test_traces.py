"""The trace context of a task's message in its record."""

from __future__ import annotations

from typing import Any

import pytest

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from tests.behaviour.driving import over
from tests.conftest import Install
from tests.record.test_traces import TRACE


def nothing() -> None:
    pass


LATER = TRACE.replace("00f067aa0ba902b7", "00f067aa0ba902b8")


@pytest.mark.parametrize(("given", "kept"), [(TRACE, TRACE), ("no trace", None), (None, None)])
def test_a_messages_trace_context_is_kept(installed: Install, given: Any, kept: str | None) -> None:
    app = installed(track="all")
    task = app.celery.task(name="jobs.plain", shared=False)(nothing)
    headers = {} if given is None else {"traceparent": given}
    document = app.document(task.apply_async(headers=headers).id)
    assert document.get("traceparent") == kept
    assert ("traceparent" in document) == (kept is not None)


def test_that_of_the_newest_run_stays() -> None:
    """Instrumentation puts one into the message after the record is made, mostly."""
    with over("memory", Settings()) as driver:
        driver.create("a")
        driver.start("a", traceparent=TRACE)
        assert driver.task("a").traceparent == TRACE
        driver.apply("a", ev.Retried(message="again", retries=1))
        driver.start("a", traceparent=LATER)
        assert driver.task("a").traceparent == LATER
        driver.start("a")
        assert driver.task("a").traceparent == LATER
