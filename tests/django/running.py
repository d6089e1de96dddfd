"""Runs tasks of the site in a worker, or a thread of the test's process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery, current_app
from celery.contrib.testing.worker import start_worker
from celery.signals import task_prerun

from progress_backend import install
from tests.servers import Worker
from tests.waiting import eventually

#: Starts the site's worker.
Start = Callable[..., Worker]


def ended(result: Any) -> Any:
    """The result once it has ended."""

    def over() -> bool:
        result.refresh()
        return bool(result.is_finished)

    eventually(over, 60)
    return result


def use(broker: str, url: str, monkeypatch: pytest.MonkeyPatch, **conf: Any) -> Celery:
    """Another Celery app, which is the current one until the test ends."""
    from progress_backend.django.backend import NAME, _run

    for name in ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL"):
        monkeypatch.setenv(name, url if "BROKER" not in name else broker)
    app = Celery("other", set_as_current=False)
    app.conf.update(broker_connection_retry_on_startup=True, **conf)
    install(app).set_default()
    app.task(bind=True, name=NAME)(_run)  # which the module has shared with earlier apps
    return app


def run_here(*results: Any) -> list[str]:
    """Runs the waiting tasks in a worker of one thread; their ids in that order."""
    done: list[str] = []

    def noted(task_id: str, **_: Any) -> None:
        done.append(task_id)

    task_prerun.connect(noted)
    try:
        app = current_app._get_current_object()
        with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
            for result in results:
                ended(result)
    finally:
        task_prerun.disconnect(noted)
    return done
