"""Tasks of celery-batches: the app of its tests' worker, and of their side."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery_batches import Batches

from progress_backend import install, progress_task
from tests.integration.gate import Gate


def build(url: str, *, current: bool = False) -> Celery:
    app = Celery("batching", broker=url, backend=url, set_as_current=current)
    app.conf.worker_prefetch_multiplier = 10
    app.conf.result_backend_thread_safe = True
    install(app, track="all", redis_url=url, lease_s=2, reap_interval_s=0.5)
    options = {"base": Batches, "flush_every": 3, "flush_interval": 1, "shared": False}

    @app.task(name="imports", **options)
    def imports(requests: list[Any]) -> str:
        """Stores no result of any."""
        Gate().mark("batch", "-".join(str(request.args[0]) for request in requests))
        if any(request.args[0] == "wait" for request in requests):
            Gate().wait("batch", "go")
        if any(request.args[0] == "bad" for request in requests):
            raise ValueError("no such row")
        return "of all"

    @app.task(name="answers", **options)
    def answers(requests: list[Any]) -> None:
        """Stores a result of each."""
        for request in requests:
            if request.args[0] == "bad":
                app.backend.mark_as_failure(request.id, ValueError("no such row"))
            else:
                app.backend.mark_as_done(request.id, {"saved": 4}, request=request)

    app.task(name="kept", **options)(progress_task(symbol="7203.T", results=False)(answers.run))
    return app


if "BATCHING_URL" in os.environ:
    app = build(os.environ["BATCHING_URL"], current=True)
