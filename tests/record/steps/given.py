"""A record and what happens to it, for the tests of steps."""

from datetime import timedelta

from progress_backend.record import events as ev
from progress_backend.record.model import Task, Worker
from progress_backend.record.transition import transition
from tests.strategies import NOW

IDENTITY = ev.Identity(
    task_type="fetch_data",
    total_items=10,
    symbol="7203.T",
    metadata={"period": "1y"},
    parent_id="parent",
    root_id="root",
    group_id="group",
)


OURS = Worker("lease-1", "celery@one")


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def after(task: Task | None, *happened: ev.Event, seconds: float = 0, locale="ja") -> Task:
    for event in happened:
        task = transition(task, event, at(seconds), task_id="t", locale=locale)
    assert task is not None
    return task


def steadily(task: Task, since: float, *, seconds: int = 4, of: int = 2) -> Task:
    """The task after a value a second, with `of` more items each; the first one counts nothing."""
    for second in range(seconds + 1):
        current = task.current_items + (of if second else 0)
        task = after(task, ev.Progressed(current=current), seconds=since + second)
    return task
