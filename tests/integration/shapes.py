"""A task that uses every way to say how far it is."""

from typing import Any

from celery import Celery

from progress_backend import ProgressNotifier, progress_task
from tests.integration.gate import Gate


def add(app: Celery) -> None:
    """Registers it with the app."""
    app.task(bind=True, name="says_all", shared=False)(says_all)


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
