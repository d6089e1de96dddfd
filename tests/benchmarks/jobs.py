"""The Celery applications that are compared, the same tasks tracked or bare; and real workers.

As a worker's application (`-A tests.benchmarks.jobs`) it reads BENCHMARK_URL and
BENCHMARK_INTERVAL_S, which is empty for a bare one.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import uniform
from time import sleep, time
from typing import Any

from celery import Celery, Task

from progress_backend import ProgressNotifier, install, progress_task
from tests.servers import Worker

#: Starts a worker at a URL, tracked at an interval or bare, of so many processes, and waits until
#: it is ready.
StartWorker = Callable[[str, float | None, int], Worker]


def make_app(url: str, interval_s: float | None) -> Celery:
    """Broker, results and records at `url`; bare if there is no progress interval."""
    app = Celery("tests.benchmarks.jobs", broker=url, backend=url, set_as_current=False)
    app.conf.broker_connection_retry_on_startup = True
    if interval_s is not None:
        install(app, redis_url=url, beat=False, flower_events=False, update_interval_s=interval_s)

    @app.task(bind=True, shared=False, name="noop")
    @progress_task
    def noop(self: Task) -> None:
        """Nothing: what is left is what a task costs."""

    @app.task(bind=True, shared=False, name="timed_job")
    @progress_task
    def timed_job(self: Task, values: int, least_ms: int, most_ms: int) -> None:
        """Writes values, each with the time of its call."""
        notifier = ProgressNotifier(self)
        for value in range(values):
            sleep(uniform(least_ms, most_ms) / 1000)
            notifier.update(value + 1, values, f"at {time():.6f}")

    return app


@contextmanager
def workers() -> Iterator[StartWorker]:
    """Ends all that were started."""
    numbers = itertools.count(1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(url: str, interval_s: float | None, concurrency: int) -> Worker:
            name = f"benchmark-{next(numbers)}"
            interval = "" if interval_s is None else str(interval_s)
            worker = Worker(
                "tests.benchmarks.jobs",
                log=folder / f"{name}.log",
                name=name,
                concurrency=concurrency,
                args=["--without-gossip", "--without-mingle"],
                env={"BENCHMARK_URL": url, "BENCHMARK_INTERVAL_S": interval},
            )
            stack.callback(worker.stop)
            return worker.start()

        yield start


def __getattr__(name: str) -> Any:
    if name == "app":
        interval = os.environ["BENCHMARK_INTERVAL_S"]
        return make_app(os.environ["BENCHMARK_URL"], float(interval) if interval else None)
    raise AttributeError(name)
