"""Jobs of classes that hold a lock from their publish to their end, as teams use them; and what
they note when a run is over."""

import os
import sys
from typing import Any

from celery import Celery, Task
from celery_once import QueueOnce
from celery_singleton import Singleton

from progress_backend import progress_task
from tests.integration.gate import Gate
from tests.integration.loops import updating

#: Has celery-progress listen in the worker, too.
LISTENS = "JOBS_CELERY_PROGRESS"


class Hooked(Task):  # type: ignore[misc]  # celery is untyped
    """Says which of its hooks were called, and with what."""

    abstract = True

    def on_failure(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        assert einfo.type is type(exc)
        assert "was cancelled" in str(einfo.traceback)
        self.say(task_id, f"on_failure-{type(exc).__name__}")
        self.update_state(state="FAILURE", meta={"exc": str(exc)})  # as careless ones do

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        self.say(task_id, "on_success")

    def after_return(self, status: str, retval: Any, task_id: str, *about: Any) -> None:
        self.say(task_id, f"after_return-{status}")

    def say(self, task_id: str, what: str) -> None:
        Gate().mark(task_id, what)


def add(app: Celery) -> None:
    """Registers them."""
    url = app.conf.result_backend or os.environ.get("CELERY_RESULT_BACKEND")
    app.conf.singleton_backend_url = url
    settings = {"url": url, "default_timeout": 3_600}
    app.conf.ONCE = {"backend": "celery_once.backends.Redis", "settings": settings}
    for name, base in {"hooked": Hooked, "singleton": Singleton}.items():
        app.task(bind=True, name=name, base=base, shared=False)(progress_task(updating))
    app.task(bind=True, name="once", base=QueueOnce, shared=False, once={"graceful": True})(
        progress_task(updating)
    )


def have_celery_progress_listen() -> None:
    """Its handler of a run's end is connected at its first import."""
    if LISTENS in os.environ:
        assert "celery_progress.tasks" not in sys.modules
        import celery_progress.tasks  # noqa: F401
