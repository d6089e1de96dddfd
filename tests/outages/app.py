"""The Celery app of the outage tests; broker, results and store come from the environment.

Jobs wait for files in JOBS_DIR, so that the test reaches them while every server is away.
"""

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from celery import Celery
from kombu import Exchange, Queue

from progress_backend import ProgressNotifier, install, progress_task

#: Longest that a job waits for the test, which waits for other things before.
PATIENCE_S = 240.0


def build(
    broker: str, results: str | None, conf: Mapping[str, Any] | None = None, **settings: Any
) -> Celery:
    """An app with the jobs, installed; `conf` comes on top of its configuration, and
    `queue_arguments` in it are those of its default queue."""
    app = Celery("outages", broker=broker, backend=results, set_as_current=False)
    app.conf.update(
        task_track_started=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_connect_timeout": 1},
        worker_prefetch_multiplier=1,
        # Without it Celery itself gives up an end if it cannot store the result at once.
        result_backend_always_retry=True,
        result_backend_max_sleep_between_retries_ms=500,
    )
    given = dict(json.loads(os.environ.get("OUTAGES_CONF", "{}")) if conf is None else conf)
    arguments = given.pop("queue_arguments", None)
    app.conf.update(given)
    if arguments is not None:
        name = app.conf.task_default_queue
        queue = Queue(name, Exchange(name), routing_key=name, queue_arguments=arguments)
        app.conf.task_queues = [queue]
    install(app, **settings)
    for job in (gated, quick, silent, shared):
        app.task(bind=True, name=job.__name__, shared=False)(job)
    app.task(bind=True, name="failing", shared=False)(progress_task(failing))
    app.task(name="plain", shared=False)(plain)
    app.task(bind=True, name="twice", max_retries=1, shared=False)(twice)
    return app


def opened(name: str) -> bool:
    """Whether the test has opened this gate."""
    return (Path(os.environ["JOBS_DIR"]) / name).exists()


def wait(name: str) -> None:
    """Until it has.

    Raises:
        TimeoutError: the test has gone wrong.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not opened(name):
        if time.monotonic() > deadline:
            raise TimeoutError(name)
        time.sleep(0.01)


@progress_task(total_items=1_000_000, symbol=lambda gate: gate)
def gated(self: Any, gate: str, outcome: str = "return") -> dict[str, Any]:
    """Counts up until its gate is opened; its result says what the longest `update()` took, and by
    how much a sleep between two of them was too long: so busy is the machine."""
    notifier, slowest, late, count = ProgressNotifier(self), 0.0, 0.0, 0
    deadline = time.monotonic() + PATIENCE_S
    while not opened(gate) and time.monotonic() < deadline:
        count += 1
        began = time.monotonic()
        notifier.update(count, message=f"item {count}")
        updated = time.monotonic()
        slowest = max(slowest, updated - began)
        time.sleep(0.01)
        late = max(late, time.monotonic() - updated - 0.01)
    if outcome == "raise":
        raise ValueError(f"no more after {gate}")
    return {"count": count, "slowest_s": slowest, "late_s": late}


@progress_task
def twice(self: Any, how: str) -> str:
    """Each of two runs of it waits for its gate; `how`: the second raises, the first fails, or the
    first asks for the second by a retry."""
    folder, job = Path(os.environ["JOBS_DIR"]), self.request.id
    run = "second" if opened(f"{job}-first-pid") else "first"
    (folder / f"{job}-{run}-pid").write_text(str(os.getpid()))
    if (run, how) == ("first", "retry"):
        raise self.retry(countdown=0)
    wait(f"{job}-{run}")
    ProgressNotifier(self).update(10 if run == "first" else 3, 10, f"the {run} one")
    if (run, how) in (("second", "raise"), ("first", "fail")):
        raise ValueError(f"the {run} one")
    return run


@progress_task(total_items=1)
def silent(self: Any, gate: str) -> str:
    """Says one thing and then nothing until its gate is opened."""
    ProgressNotifier(self).update(1, 3, "silent from now on")
    wait(gate)
    return "spoke"


@progress_task(total_items=lambda count: count)
def quick(self: Any, count: int, pause_s: float = 0.0) -> int:
    """Updates to the last moment."""
    count_up(self, count, pause_s)
    return count


def failing(self: Any, count: int, pause_s: float = 0.0) -> None:
    """Updates to the last moment, then fails."""
    count_up(self, count, pause_s)
    raise ValueError("failed at the end")


def count_up(task: Any, count: int, pause_s: float) -> None:
    notifier = ProgressNotifier(task)
    for done in range(1, count + 1):
        time.sleep(pause_s)
        notifier.update(done, count)


@progress_task(total_items=lambda count: count, symbol=lambda symbol: symbol)
def shared(self: Any, symbol: str, count: int) -> str:
    """Every figure and text that it gives names its own symbol; all begin together."""
    wait("shared")
    notifier = ProgressNotifier(self)
    for done in range(1, count + 1):
        notifier.update(done, message=f"{symbol} {done}", details={"symbol": symbol})
        time.sleep(0.002)
    notifier.complete({"symbol": symbol})
    return f"{symbol} by {threading.current_thread().name}"


def plain(value: Any) -> Any:
    """Untracked."""
    return value


if "CELERY_BROKER_URL" in os.environ and "JOBS_DIR" in os.environ:
    app = build(os.environ["CELERY_BROKER_URL"], os.environ.get("CELERY_RESULT_BACKEND"))
