"""Tasks as teams write them, with every marking and every way to say how far they are."""

from __future__ import annotations

from typing import Any

from celery import Celery

from progress_backend import ProgressNotifier, progress_task
from tests.integration.gate import Gate


def add(app: Celery) -> None:
    """Registers them with the app."""
    for name, function in {
        "fetch": fetch,
        "says_all": says_all,
    }.items():
        app.task(bind=True, name=name, shared=False)(function)


@progress_task(
    task_type="fetch_data",
    symbol=lambda symbol: symbol.upper(),
    total_items=lambda rows, pages: rows * pages,
    metadata=lambda **given: dict(given),
)
def fetch(self: Any, symbol: str, rows: int = 10, *, pages: int = 2) -> Any:
    return {"records_saved": rows * pages}


@progress_task
def says_all(self: Any) -> Any:
    """Everything the notifier can say, each seen before the next."""
    gate, task_id, notifier = Gate(), self.request.id, ProgressNotifier(self)
    notifier.update(150, 252, "half way", {"page": 3})
    gate.wait(task_id, "phase")
    notifier.update(151, phase="saving")
    gate.wait(task_id, "go")
    notifier.complete({"records_saved": 252}, "all of it")
    return {"success_rate": 100}
