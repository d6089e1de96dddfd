"""The trace context of a task's message in its record."""

from typing import Any

import pytest

from tests.apps import nothing
from tests.conftest import Install
from tests.record.test_traces import TRACE


@pytest.mark.parametrize(("given", "kept"), [(TRACE, TRACE), ("no trace", None), (None, None)])
def test_a_messages_trace_context_is_kept(installed: Install, given: Any, kept: str | None) -> None:
    app = installed(track="all")
    task = app.celery.task(name="jobs.plain", shared=False)(nothing)
    headers = {} if given is None else {"traceparent": given}
    document = app.document(task.apply_async(headers=headers).id)
    assert document.get("traceparent") == kept
    assert ("traceparent" in document) == (kept is not None)
