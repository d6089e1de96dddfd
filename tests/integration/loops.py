"""Jobs that go on and on, each with another way to say so; for cancelling and pausing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from celery import Celery

from progress_backend import ProgressNotifier, TaskCancelled, progress_task
from tests.integration.control import Control
from tests.integration.gate import Gate

TOTAL = 1_000_000


def add(app: Celery) -> None:
    """Registers them."""
    for name, function in {
        "updating": updating,
        "advancing": advancing,
        "tracking": tracking,
        "setting_state": setting_state,
        "swallowing": swallowing,
        "deaf": deaf,
        "timing": timing,
        "retrying": retrying,
        "cancelling": cancelling,
    }.items():
        app.task(bind=True, name=name, shared=False)(progress_task(function))
    app.task(
        bind=True, name="autoretrying", shared=False, autoretry_for=(Exception,), max_retries=3
    )(progress_task(updating_itself))


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


def updating_itself(self: Any) -> Any:
    return updating(self)


def advancing(self: Any) -> Any:
    notifier = ProgressNotifier(self)
    for _ in steps(self):
        notifier.advance(total=TOTAL)
    return "to the end"


def tracking(self: Any) -> Any:
    for _ in ProgressNotifier(self).track(steps(self), TOTAL):
        pass
    return "to the end"


def setting_state(self: Any) -> Any:
    for number in steps(self):
        self.update_state(state="PROGRESS", meta={"current": number, "total": TOTAL})
    return "to the end"


def swallowing(self: Any) -> Any:
    """Catches whatever comes, as careless jobs do."""
    notifier, gate = ProgressNotifier(self), Gate()
    for number in steps(self):
        try:
            notifier.update(number, TOTAL)
        except TaskCancelled:
            gate.mark(self.request.id, "swallowed")
            if len(gate.pids(self.request.id, "swallowed")) == 3:
                raise
    return "to the end"


def deaf(self: Any) -> Any:
    """Says something once, and never again."""
    ProgressNotifier(self).update(1, TOTAL)
    for _ in steps(self):
        pass
    return "to the end"


def timing(self: Any) -> Any:
    """How long its slowest `update` took, and its slowest step of 10 ms, in milliseconds."""
    notifier, slowest, late, ended = ProgressNotifier(self), 0.0, 0.0, None
    for number in steps(self):
        began = time.perf_counter()
        late = max(late, began - (ended or began))
        notifier.update(number, TOTAL)
        ended = time.perf_counter()
        slowest = max(slowest, ended - began)
    return {"slowest_ms": slowest * 1000, "late_ms": late * 1000}


def retrying(self: Any) -> Any:
    Gate().mark(self.request.id, "began")
    raise self.retry(exc=ValueError("busy"), countdown=2, max_retries=9)


def cancelling(self: Any, url: str, task_id: str) -> Any:
    """Cancels another task; the other's status."""
    return Control(url).cancel(task_id)["status"]
