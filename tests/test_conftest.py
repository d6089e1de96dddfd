"""What the tests' own fixtures promise."""

from __future__ import annotations

import logging

from celery import Celery

from tests.conftest import unhijacked


def test_a_worker_in_a_thread_does_not_keep_the_log() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    app = Celery("hijacking", set_as_current=False)
    with unhijacked():
        type(app.log)._setup = False  # as celery.contrib.testing's worker does
        app.log.setup(loglevel="ERROR")
        assert root.handlers != before[0]
    assert (root.handlers, root.level) == before
    app.close()
