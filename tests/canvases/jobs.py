"""The Celery app of the random canvases: `build` in the test's process, `app` in a worker's.

Broker and results are on CANVASES_URL, records on CANVASES_STORE_URL; CANVASES_LATE has every
message acknowledged late.
"""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from celery import Celery, chain, chord, group, signature

from progress_backend import ProgressNotifier, install

#: Seconds after which a message that no worker acknowledged is delivered again: soon where workers
#: are killed, else later than a message waits in a busy worker, which would run it twice.
SOON_S, LATER_S = 4, 30
LEASE_S = 2.0
REAP_INTERVAL_S = 0.5
#: Hash: task id -> how often its body has begun; and task id -> the name of its canvas.
RUNS, CANVAS_OF = "canvases:runs", "canvases:of"
_STEPS, _STEP_S = 4, 0.02
#: How long a task hangs that is to be terminated.
_HANGS_S = 10.0
_AGAIN = {"acks_late": True, "reject_on_worker_lost": True}


def build(url: str, store: str, *, late: bool = False, set_as_current: bool = False) -> Celery:
    """An app with the tasks, all of them tracked."""
    app = Celery("canvases", broker=url, backend=url, set_as_current=set_as_current)
    app.conf.update(
        broker_transport_options={
            "visibility_timeout": SOON_S if late else LATER_S,
            # A worker that is killed while it looks for messages to deliver again leaves its lock.
            "unacked_mutex_expire": 2,
        },
        broker_connection_retry_on_startup=True,
        task_acks_late=late,
        worker_lost_wait=0.5,  # seconds from a pool process' death to its task's end
    )
    install(
        app,
        redis_url=store,
        track="all",
        lease_s=LEASE_S,
        reap_interval_s=REAP_INTERVAL_S,
        update_interval_s=0.05,
    )
    for kind, (body, options) in KINDS.items():
        app.task(bind=True, name=kind, shared=False, **options)(counted(body))
    return app


def counted(body: Callable[[Any, str, int], Any]) -> Callable[..., Any]:
    """A body that notes its run first; it gets the name of its canvas, and the run's number."""

    def run(self: Any, canvas: str) -> Any:
        client, task_id = self.app.backend.client, self.request.id
        client.hset(CANVAS_OF, task_id, canvas)
        return body(self, canvas, client.hincrby(RUNS, task_id, 1))

    return run


def one(kind: str, canvas: str) -> Any:
    return signature(kind, args=(canvas,), immutable=True)


def returns(task: Any, canvas: str, run: int) -> int:
    return run


def works(task: Any, canvas: str, run: int) -> int:
    for _ in ProgressNotifier(task).track(range(_STEPS)):
        time.sleep(_STEP_S)
    return run


def retries(task: Any, canvas: str, run: int) -> int:
    if task.request.retries == 0:
        raise task.retry(exc=ConnectionError("as planned"), countdown=0.1)
    return run


def fails(task: Any, canvas: str, run: int) -> int:
    raise LookupError("as planned")


def starts(task: Any, canvas: str, run: int) -> int:
    group(one("returns", canvas), one("works", canvas)).apply_async()
    one("returns", canvas).apply_async()
    return run


def replaced(task: Any, canvas: str, run: int) -> Any:
    return task.replace(one("works", canvas))


def replaced_by_chain(task: Any, canvas: str, run: int) -> Any:
    return task.replace(chain(one("returns", canvas), one("works", canvas)))


def replaced_by_chord(task: Any, canvas: str, run: int) -> Any:
    header = [one("returns", canvas), one("late", canvas)]
    return task.replace(chord(header, one("returns", canvas)))


def dies(task: Any, canvas: str, run: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return run


def dies_once(task: Any, canvas: str, run: int) -> int:
    return dies(task, canvas, run) if run == 1 else run


def hangs(task: Any, canvas: str, run: int) -> int:
    until = time.monotonic() + _HANGS_S
    while time.monotonic() < until:
        time.sleep(0.02)
    return run


#: Kind -> body, and options of its Celery task.
KINDS: dict[str, tuple[Callable[[Any, str, int], Any], dict[str, Any]]] = {
    "returns": (returns, {}),
    "works": (works, {}),
    "late": (works, _AGAIN),
    "retries": (retries, {}),
    "fails": (fails, {}),
    "starts": (starts, {}),
    "replaced": (replaced, {}),
    "replaced_by_chain": (replaced_by_chain, {}),
    "replaced_by_chord": (replaced_by_chord, {}),
    "dies": (dies, {}),
    "dies_once": (dies_once, _AGAIN),
    "revoked": (returns, {}),
    "terminated": (hangs, {}),
}

if "CANVASES_URL" in os.environ:
    urls = os.environ["CANVASES_URL"], os.environ["CANVASES_STORE_URL"]
    app = build(*urls, late="CANVASES_LATE" in os.environ, set_as_current=True)
