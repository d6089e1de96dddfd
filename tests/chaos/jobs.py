"""The jobs of the storm: each notes in the facts what it truly did."""

import time
from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.exceptions import Ignore

from progress_backend import ProgressNotifier, TaskCancelled, progress_task
from tests.chaos.facts import Facts

STEP_S = 0.05
#: Kind of job -> options of its Celery task.
KINDS: dict[str, dict[str, Any]] = {
    "quick": {},
    "long": {},
    "failing": {},
    "retrying": {"max_retries": 10},
    "late": {"acks_late": True},
    "late_again": {"acks_late": True, "reject_on_worker_lost": True},
    "ignoring": {},
    "steered": {},
    "overtaken": {"acks_late": True},
    "tick": {},
}


#: Kinds with a message that comes again until a worker is done with it: whatever dies, they run.
AGAIN = frozenset(kind for kind, options in KINDS.items() if options.get("acks_late"))


def add(app: Celery) -> None:
    """Registers them."""
    for kind, options in KINDS.items():
        app.task(bind=True, name=kind, shared=False, **options)(progress_task(job(kind)))


def job(kind: str) -> Callable[..., Any]:
    """A new function each time: a mark belongs to one task."""

    def run(self: Any, steps: int = 1) -> dict[str, int]:
        facts, task_id = Facts(), self.request.id
        facts.say(task_id, f"began, retries {self.request.retries}")
        try:
            notifier = ProgressNotifier(self)
            for step in range(1, steps + 1):
                notifier.update(step, steps)
                time.sleep(STEP_S)
            end(self, kind)
        except TaskCancelled:
            facts.say(task_id, "received its cancel")
            raise
        except BaseException as error:  # whatever ends a body, it is written down and goes on
            facts.say(task_id, f"raised {type(error).__name__}")
            raise
        facts.say(task_id, "returned")
        return {"steps": steps}

    return run


def end(task: Any, kind: str) -> None:
    """Whatever the kind ends with but a return."""
    if kind == "failing":
        raise ValueError("as planned")
    if kind == "ignoring":
        raise Ignore
    if kind == "retrying" and task.request.retries < 2:
        raise task.retry(exc=ConnectionError("as planned"), countdown=0.2)
