"""The Celery applications that are compared: the same tasks, tracked or bare.

As a worker's application (`-A tests.benchmarks.jobs`) it reads BENCHMARK_URL, BENCHMARK_INTERVAL_S,
which is empty for a bare one, and BENCHMARK_COMMITTING, not empty for one with bare commits.
"""

from __future__ import annotations

import os
from random import uniform
from time import sleep, time
from typing import Any

from celery import Celery, Task
from celery.signals import task_prerun, task_success, worker_process_init

from progress_backend import ProgressNotifier, install, progress_task

from .bare_commits import started_and_completed


def make_app(url: str, interval_s: float | None, *, committing: bool = False) -> Celery:
    """Broker, results and records at `url`; bare if there is no progress interval. `committing`
    adds what is least to a bare one: a commit when a task starts, and one when it ends."""
    app = Celery("tests.benchmarks.jobs", broker=url, backend=url, set_as_current=False)
    app.conf.broker_connection_retry_on_startup = True
    if interval_s is not None:
        install(app, redis_url=url, beat=False, flower_events=False, update_interval_s=interval_s)
    if committing:
        worker_process_init.connect(lambda **_: _commit_around_tasks(url), weak=False)

    @app.task(bind=True, shared=False, name="noop")
    @progress_task
    def noop(self: Task) -> None:
        """Nothing: what is left is what a task costs."""

    @app.task(bind=True, shared=False, name="told_job")
    @progress_task
    def told_job(self: Task, values: int, least_ms: int, most_ms: int) -> None:
        """Says by the clock when it said so."""
        notifier = ProgressNotifier(self)
        for value in range(values):
            sleep(uniform(least_ms, most_ms) / 1000)
            notifier.update(value + 1, values, f"at {time():.6f}")

    return app


def _commit_around_tasks(url: str) -> None:
    start, end = started_and_completed(url)
    task_prerun.connect(lambda task_id, **_: start(task_id), weak=False)
    task_success.connect(lambda sender, **_: end(sender.request.id), weak=False)


def environment(url: str, interval_s: float | None, committing: bool) -> dict[str, str]:
    """A worker's environment."""
    interval = "" if interval_s is None else str(interval_s)
    least = "yes" if committing else ""
    return {"BENCHMARK_URL": url, "BENCHMARK_INTERVAL_S": interval, "BENCHMARK_COMMITTING": least}


def __getattr__(name: str) -> Any:
    if name == "app":
        interval = os.environ["BENCHMARK_INTERVAL_S"]
        return make_app(
            os.environ["BENCHMARK_URL"],
            float(interval) if interval else None,
            committing=bool(os.environ["BENCHMARK_COMMITTING"]),
        )
    raise AttributeError(name)
