"""Django's own tests of its tasks, from its source distribution, with this project's backend and a
real worker in a thread: `python -m tests.django.judge FOLDER`, the folder that has `tasks`.

All cases of `test_tasks.py` and `test_immediate_backend.py` run but those of `LEFT_OUT`. The names
of Django's two backends are those of `Recording` and `QueuedTask` meanwhile.
"""

from __future__ import annotations

import sys
import threading
import unittest
from typing import Any, Final

import django
from celery.contrib.testing.worker import start_worker
from celery.signals import task_prerun
from django.tasks.backends import dummy, immediate

from progress_backend.django import CeleryBackend
from tests.waiting import eventually

LEFT_OUT: Final = {
    "TaskTestCase.test_using_correct_backend": "compares the dummy backend's class",
    "TaskTestCase.test_get_backend": "compares the classes of Django's backends",
    "ImmediateBackendTestCase.test_using_correct_backend": "compares the immediate backend's class",
    "ImmediateBackendTestCase.test_cannot_get_result": "ours can",
    "ImmediateBackendTestCase.test_cannot_refresh_result": "ours can",
    "ImmediateBackendTestCase.test_cannot_pass_run_after": "ours can",
    "ImmediateBackendTestCase.test_throws_keyboard_interrupt": "Ctrl-C is in the worker's process",
}
#: Held while a task is published: its worker starts it after that.
_publishing = threading.Lock()


class Recording(CeleryBackend):  # type: ignore[misc]  # Django ships no types
    """Lists what it has published, as the dummy backend does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results: list[Any] = []

    def clear(self) -> None:
        """Forgets what it has published."""
        self.results.clear()

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Publishes a task, and lists its result."""
        self.results.append(super().enqueue(task, args, kwargs))
        return self.results[-1]


class Waiting(CeleryBackend):  # type: ignore[misc]  # as above
    """Waits for the end of what it publishes."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Publishes a task; its result as it has ended."""
        with _publishing:
            result = super().enqueue(task, args, kwargs)

        def ended() -> bool:
            result.refresh()
            # The traceback is written a moment after the record.
            traced = all("Traceback" in error.traceback for error in result.errors)
            return bool(result.is_finished) and traced

        eventually(ended, 60)
        return result


def held(**_: Any) -> None:
    """Waits until the task has been published."""
    with _publishing:
        pass


def main(folder: str) -> int:
    """Runs the cases; 0 if none failed."""
    sys.path.insert(0, folder)
    django.setup()
    from tasks import test_immediate_backend, test_tasks

    from tests.django.proj import app

    app.set_default()

    dummy.DummyBackend, immediate.ImmediateBackend = Recording, Waiting
    task_prerun.connect(held)
    # What the dummy backend takes stays READY: no worker runs meanwhile.
    waiting, running = unittest.TestSuite(), unittest.TestSuite()
    for case in (
        test_tasks.TaskTestCase,
        test_immediate_backend.ImmediateBackendTestCase,
        test_immediate_backend.ImmediateBackendTransactionTestCase,
    ):
        for test in unittest.defaultTestLoader.getTestCaseNames(case):
            if f"{case.__name__}.{test}" not in LEFT_OUT:
                fails = test.startswith("test_task_error")
                ready = case is test_tasks.TaskTestCase and not fails
                (waiting if ready else running).addTest(case(test))
    runner = unittest.TextTestRunner(verbosity=2)
    outcomes = [runner.run(waiting)]
    app.control.purge()
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
        outcomes.append(runner.run(running))
    wrong = sum(len(one.failures) + len(one.errors) for one in outcomes)
    print(f"{sum(one.testsRun for one in outcomes)} of Django's cases, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
