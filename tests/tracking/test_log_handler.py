"""What Python's logging writes into a task's log."""

import json
import logging
from collections.abc import Iterator

import pytest
from celery import Celery, Task

from progress_backend import ProgressLogHandler, install, progress_task
from progress_backend.flows import task_log
from progress_backend.record.log_line import LONGEST
from progress_backend.store.drivers import Store


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


def test_a_long_traceback_keeps_its_beginning_and_what_was_raised(
    logger: logging.Logger, progress_store: Store
) -> None:
    app = install(Celery("traced", set_as_current=False))

    @app.task(bind=True, shared=False)  # type: ignore[untyped-decorator]
    @progress_task
    def leaves_out(self: Task) -> None:
        try:
            raise ValueError("redis://:hunter2@cache/0\n" * LONGEST + "no price")
        except ValueError:
            logger.exception("row 7 is left out")
        logger.error("y" * 2 * LONGEST)

    task_id = leaves_out.apply().id
    first, second = (
        json.loads(line)["text"]
        for _, line in progress_store.run(task_log.read(task_id, None, 10)).lines
    )
    assert first.startswith("row 7 is left out\nTraceback (most recent call last):\n")
    assert first.endswith("cache/0\nno price")
    assert first.count("\n…\nredis://:***@cache/0\n") == 1
    assert "hunt" not in first
    assert LONGEST / 2 < len(first) <= LONGEST
    assert second == "y" * (LONGEST - 1) + "…"
