"""What Python's logging writes into a task's log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from celery import Celery, Task

from progress_backend import ProgressLogHandler


class Handler(ProgressLogHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        raise AssertionError(record)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    made, handler = logging.getLogger("tests.log_handler"), Handler()
    made.addHandler(handler)
    yield made
    made.removeHandler(handler)


def test_a_line_outside_of_a_tracked_task_is_none(logger: logging.Logger) -> None:
    logger.warning("outside")
    app = Celery("plain", set_as_current=False)

    @app.task(bind=True, shared=False)  # type: ignore[untyped-decorator]
    def plain(self: Task) -> str:
        logger.warning("in a task of an app without install()")
        return "done"

    assert plain.apply().get() == "done"
