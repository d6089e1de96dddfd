"""Runs a piece of code inside a real tracked task of this process, its sender's thread alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from celery import Celery, Task

from progress_backend import ProgressNotifier, install, progress_task
from progress_backend.embedded import EmbeddedServer

T = TypeVar("T")


def in_task(code: Callable[[ProgressNotifier, Task], T]) -> T:
    """What `code` returns, called as the body of an eager run against a server of its own."""
    with EmbeddedServer() as server:
        app = Celery("benchmark", broker=server.url, backend=server.url, set_as_current=False)
        install(app, redis_url=server.url, beat=False, flower_events=False)
        kept: list[T] = []

        @app.task(bind=True, shared=False, name="benchmark.body")
        @progress_task
        def body(self: Task) -> None:
            notifier = ProgressNotifier(self)
            notifier.update(0, 1)  # wakes the sender's thread for the first time
            kept.append(code(notifier, self))

        body.apply(throw=True)
        return kept[0]
