"""Jobs that go on and on, each with another way to say so; for cancelling and pausing."""

import time
from collections.abc import Iterator
from typing import Any

from celery import Celery

from progress_backend import ProgressNotifier, progress_task
from tests.integration.gate import Gate

TOTAL = 1_000_000


def add(app: Celery) -> None:
    """Registers them."""
    for name, function in {
        "updating": updating,
        "tracking": tracking,
        "setting_state": setting_state,
        "deaf": deaf,
    }.items():
        app.task(bind=True, name=name, shared=False)(progress_task(function))


def steps(task: Any) -> Iterator[int]:
    """Slow steps until the test says enough; says when it begins, and when it is left."""
    gate, task_id = Gate(), task.request.id
    gate.mark(task_id, "began")
    try:
        for number in range(TOTAL):
            if gate.pids(task_id, "enough"):
                return
            yield number
            time.sleep(0.01)
    finally:
        gate.mark(task_id, "finally")


def updating(self: Any) -> Any:
    notifier = ProgressNotifier(self)
    for number in steps(self):
        notifier.update(number, TOTAL)
    return "to the end"


def tracking(self: Any) -> Any:
    for _ in ProgressNotifier(self).track(steps(self), TOTAL):
        pass
    return "to the end"


def setting_state(self: Any) -> Any:
    for number in steps(self):
        self.update_state(state="PROGRESS", meta={"current": number, "total": TOTAL})
    return "to the end"


def deaf(self: Any) -> Any:
    """Says something once, and never again."""
    ProgressNotifier(self).update(1, TOTAL)
    for _ in steps(self):
        pass
    return "to the end"
