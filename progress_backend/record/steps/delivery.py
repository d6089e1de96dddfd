"""The delivery of a task's message, and a record that is open again because of it."""

from __future__ import annotations

from datetime import datetime

from ..model import Delivery, Task, replace
from .scene import Scene, instant


def delivered(known: Delivery | None, again_s: float | None, lost_runs: int) -> Delivery | None:
    """The delivery of a message that a worker has begun to run."""
    if known is None:
        nothing = again_s is None and not lost_runs
        return None if nothing else Delivery(again_s=again_s, lost_runs=lost_runs)
    return known._replace(eta=None, again_s=again_s, again_until=None, lost_runs=lost_runs)


def reopened(task: Task) -> Task:
    """The task without its end, and without a time until which its message may come again."""
    delivery = again_until(task.delivery, None)
    same = delivery is task.delivery and task.completed_at is None
    if same and task.error_message is None and task.error_cause is None:
        return task
    return replace(task, completed_at=None, error_message=None, error_cause=None, delivery=delivery)


def again_until(known: Delivery | None, until: datetime | None) -> Delivery | None:
    """The delivery with the time until which the message may come again."""
    if known is None:
        return None if until is None else Delivery(again_until=until)
    return known if known.again_until == until else known._replace(again_until=until)


def queued(known: Delivery | None, eta: datetime | None, scene: Scene) -> Delivery | None:
    """The delivery of a message that waits in the queue for the next run. Its `eta` is always set,
    by which a waiting task differs from a running one."""
    eta = instant(eta, scene)
    if known is None:
        return None if eta is None else Delivery(eta=eta)
    return known._replace(eta=eta or scene.now, again_s=None, again_until=None, lost_runs=0)
