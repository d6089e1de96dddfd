"""The jobs: each waits at its gate, then ends as its message says."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from celery import Celery, Task, group, signals
from celery.exceptions import Ignore, Reject

from progress_backend import ProgressNotifier, TaskCancelled, progress_task
from tests.integration.gate import Gate

RESULTS = {"records_saved": 4}


def raising(hook: str) -> type[Task]:
    """A base class of tasks, as teams have them, that goes wrong around the body."""

    def raises(*_: Any, **__: Any) -> None:
        raise RuntimeError(hook)

    return type(hook, (Task,), {"abstract": True, hook: raises})


class ResultRefused(Task):  # type: ignore[misc]  # celery is untyped
    """Its result backend is away when the result is there."""

    abstract = True

    @property
    def backend(self) -> Any:
        return Refusing(self.app.backend)


class Refusing:
    """A backend that takes no result."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def mark_as_done(self, *_: Any, **__: Any) -> None:
        raise ConnectionError("no route to the results")


def add(app: Celery) -> None:
    """Registers them."""
    options: dict[str, dict[str, Any]] = {
        "job": {},
        "job_late": {"acks_late": True},
        "job_late_again": {"acks_late": True, "reject_on_worker_lost": True},
        "job_retried_when_lost": {
            "retry_on_worker_lost": True,
            "max_retries": 2,
            "default_retry_delay": 0.2,
        },
        "job_autoretry": {
            "autoretry_for": (ConnectionError,),
            "max_retries": 1,
            "retry_backoff": False,
            "default_retry_delay": 2,
        },
        "job_ignored": {"ignore_result": True},
        "job_after_return_raises": {"base": raising("after_return")},
        "job_on_success_raises": {"base": raising("on_success")},
        "job_before_start_raises": {"base": raising("before_start")},
        "job_result_refused": {"base": ResultRefused},
    }
    for name, given in options.items():
        app.task(bind=True, name=name, shared=False, **given)(progress_task(job()))
    watched = progress_task(stall_s=4, expect_s=4)
    app.task(bind=True, name="job_watched", shared=False)(watched(job()))
    app.task(name="echo", shared=False)(echo)


def echo(value: Any) -> Any:
    """Untracked, and without a gate."""
    return value


def job() -> Callable[..., Any]:
    """A new function each time: a mark belongs to one task."""

    def run(self: Any, outcome: str = "return", value: Any = None) -> Any:
        gate, task_id = Gate(), self.request.id
        ProgressNotifier(self).update(1, 4, "half way")
        gate.mark(task_id, "began")
        gate.wait(task_id, "go")
        gate.mark(task_id, "went")
        return globals()["returns" if outcome == "return" else outcome](self, value)

    return run


def returns(task: Any, value: Any) -> Any:
    return RESULTS if value is None else value


def raises(task: Any, value: Any) -> Any:
    raise ValueError(value or "no such symbol")


def unencodable(task: Any, value: Any) -> Any:
    return object()


def ignores(task: Any, value: Any) -> Any:
    raise Ignore


def rejects(task: Any, value: Any) -> Any:
    raise Reject("broken row", requeue=False)


def requeues_once(task: Any, value: Any) -> Any:
    if len(Gate().pids(task.request.id, "went")) == 1:
        raise Reject("later", requeue=True)
    return RESULTS


def retries(task: Any, value: Any) -> Any:
    """As often as `value` says, then it returns."""
    if task.request.retries < value:
        raise task.retry(exc=ValueError("busy"), countdown=2, max_retries=value)
    return RESULTS


def retries_in_vain(task: Any, value: Any) -> Any:
    raise task.retry(exc=ValueError("busy"), countdown=0.1, max_retries=1)


def breaks_once(task: Any, value: Any) -> Any:
    if task.request.retries == 0:
        raise ConnectionError("no route")
    return RESULTS


def breaks(task: Any, value: Any) -> Any:
    raise ConnectionError("no route")


def replaced(task: Any, value: Any) -> Any:
    raise task.replace(task.app.signature("job", args=["return", {"replaced": 1}]))


def replaced_by_chain(task: Any, value: Any) -> Any:
    last = task.app.signature("job", args=["return", {"replaced": 2}], immutable=True)
    raise task.replace(task.app.signature("echo", args=[1]) | last)


def replaced_by_job(task: Any, value: Any) -> Any:
    first = task.app.tasks["job"].si().set(task_id=value, queue=value)
    raise task.replace(first | task.app.tasks["job"].si())


def replaced_by_group(task: Any, value: Any) -> Any:
    echo = task.app.tasks["echo"]
    raise task.replace(group(echo.si(1), echo.si(2)))


def dies_retrying(task: Any, value: Any) -> Any:
    die_before_the_broker()
    raise task.retry(countdown=0)


def dies_replaced(task: Any, value: Any) -> Any:
    die_before_the_broker()
    return replaced(task, value)


def die_before_the_broker() -> None:
    """The whole worker is killed when a message is ready to leave."""
    signals.before_task_publish.connect(lambda **_: os.killpg(0, signal.SIGKILL), weak=False)


def hosts(task: Any, value: Any) -> Any:
    """Runs another job eagerly."""
    return task.app.tasks["job"].apply(("return",), task_id=f"{task.request.id}-inside").result


def exits(task: Any, value: Any) -> Any:
    raise SystemExit(3)


def leaves(task: Any, value: Any) -> Any:
    raise asyncio.CancelledError


def hangs(task: Any, value: Any) -> Any:
    """Goes on until the test says enough, `value` seconds at most."""
    with contextlib.suppress(TimeoutError):
        Gate().wait(task.request.id, "enough", value or 60)
    return RESULTS


def updates(task: Any, value: Any) -> Any:
    """Reports the same again until the test marks `enough` or the job is ended."""
    notifier, gate = value or ProgressNotifier(task), Gate()
    try:
        while not gate.pids(task.request.id, "enough"):
            notifier.update(2, 4, "on and on")
            time.sleep(0.01)
    finally:
        gate.mark(task.request.id, "finally")
    return RESULTS


def stops(task: Any, value: Any) -> Any:
    """Says nothing more until the test says more, and then ends when that says enough."""
    notifier, gate, task_id = ProgressNotifier(task), Gate(), task.request.id
    notifier.update(2, 4)
    gate.wait(task_id, "more")
    notifier.update(3, 4)
    gate.wait(task_id, "enough")
    return RESULTS


def spins(task: Any, value: Any) -> Any:
    """Silent and busy: lets no other greenlet run until the test says enough."""
    gate = Gate()
    while not gate.pids(task.request.id, "enough"):
        pass
    return RESULTS


def forks(task: Any, value: Any) -> Any:
    """A forked child reports for the job until that is cancelled."""
    notifier = ProgressNotifier(task)
    if (pid := os.fork()) == 0:
        try:
            updates(task, notifier if value == "inherited" else None)
        except TaskCancelled:
            os._exit(7)
        finally:
            os._exit(1)
    return {"exit": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}


def says_its_run(task: Any, value: Any) -> Any:
    """Each of two runs returns when the test says that it is enough for it."""
    gate, task_id = Gate(), task.request.id
    number = gate.pids(task_id, "began").index(os.getpid()) + 1
    ProgressNotifier(task).update(number, 9, f"run {number}")
    gate.wait(task_id, f"enough{number}")
    return {"run": number}
