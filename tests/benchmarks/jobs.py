"""The Celery applications that are compared, the same tasks tracked or bare; and real workers.

As a worker's application (`-A tests.benchmarks.jobs`) it reads BENCHMARK_URL and
BENCHMARK_INTERVAL_S, which is empty for a bare one. `-A tests.benchmarks.jobs:committed` is bare
but for two bare commits of each task.
"""

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
from celery.signals import task_postrun, task_prerun, worker_process_init

from progress_backend import ProgressNotifier, install, progress_task
from tests.servers import Worker

from .bare_commits import bare_commits

#: Starts a worker at a URL, tracked at an interval or bare, of so many processes, of the named
#: application, and waits until it is ready.
StartWorker = Callable[[str, float | None, int, str], Worker]


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

        def start(url: str, interval_s: float | None, concurrency: int, app: str = "app") -> Worker:
            name = f"benchmark-{next(numbers)}"
            interval = "" if interval_s is None else str(interval_s)
            worker = Worker(
                f"tests.benchmarks.jobs:{app}",
                log=folder / f"{name}.log",
                name=name,
                concurrency=concurrency,
                args=["--without-gossip", "--without-mingle"],
                env={"BENCHMARK_URL": url, "BENCHMARK_INTERVAL_S": interval},
            )
            stack.callback(worker.stop)
            return worker.start()

        yield start


def _commit_twice(url: str) -> None:
    """Has each task of a pool's process commit its start and its end."""

    @worker_process_init.connect(weak=False)
    def connect(**_: Any) -> None:
        _, start, end = bare_commits(url)
        task_prerun.connect(lambda task_id, **_: start(task_id), weak=False)
        task_postrun.connect(lambda task_id, **_: end(task_id), weak=False)


def __getattr__(name: str) -> Any:
    if name in ("app", "committed"):
        url, interval = os.environ["BENCHMARK_URL"], os.environ["BENCHMARK_INTERVAL_S"]
        if name == "committed":
            _commit_twice(url)
        return make_app(url, float(interval) if interval else None)
    raise AttributeError(name)
