"""Log lines as JSON, of services and of tasks."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from celery import signals
from celery._state import _task_stack

from progress_backend.log_lines import FIELDS, JsonLines
from tests.apps import App
from tests.conftest import Install, unhijacked

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def line(message: str = "said %s", *values: object, **more: Any) -> dict[str, Any]:
    extra = more.pop("extra", {})
    exc_info = more.pop("exc_info", None)
    record = logging.LogRecord("a.b", logging.WARNING, __file__, 1, message, values, exc_info)
    record.__dict__.update(extra)
    text = JsonLines().format(record)
    assert text.isprintable(), "one line, without control characters"
    return json.loads(text)


def test_a_line_is_an_object_with_what_a_collector_asks_for() -> None:
    found = line("said %s", "a\n\x85\u2028\x1b[2J進捗\ud800", exc_info=None)
    assert found["at"].endswith("+00:00")
    assert {**found, "at": ""} == {
        "at": "",
        "level": "WARNING",
        "logger": "a.b",
        "message": "said a\n\x85\u2028\x1b[2J進捗\ud800",
    }


def test_an_exception_and_fields_of_their_own_are_in_it() -> None:
    try:
        raise LookupError("no price")
    except LookupError:
        found = line("x", exc_info=sys.exc_info(), extra={FIELDS: {"audit": {"what": "cancel"}}})
    assert found["error"].endswith("LookupError: no price")
    assert found["audit"] == {"what": "cancel"}


@pytest.mark.parametrize("given", [TRACE, "00-0-0-01", None, 5])
def test_within_a_task_its_id_and_trace_are_in_it(installed: Install, given: Any) -> None:
    app = installed(track="all")
    seen: list[dict[str, Any]] = []

    def says() -> None:
        seen.append(line("hello"))

    task = app.celery.task(name="jobs.says", shared=False)(says)
    task.push_request(id="the-id", traceparent=given)
    _task_stack.push(task)
    try:
        says()
    finally:
        _task_stack.pop()
        task.pop_request()
    (found,) = seen
    assert (found["task_id"], found["task"]) == ("the-id", "jobs.says")
    assert found.get("trace_id") == (TRACE[3:35] if given == TRACE else None)
    assert "task_id" not in line("outside")


@pytest.mark.parametrize("asked", [False, True])
def test_a_workers_log_is_json_where_it_is_set(redis_url: str, asked: bool) -> None:
    app = App(redis_url, log_json=asked)
    with unhijacked():
        logging.getLogger().handlers[:] = []
        app.celery.log.already_setup = False
        app.celery.log.setup_logging_subsystem(loglevel="INFO")
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler.formatter, JsonLines) is asked
        for one in logging.getLogger("celery.task").handlers:
            assert isinstance(one.formatter, JsonLines) is asked
    for signal in (signals.after_setup_logger, signals.after_setup_task_logger):
        signal.disconnect(dispatch_uid=f"progress-json-{id(app.celery)}")
    app.close()
