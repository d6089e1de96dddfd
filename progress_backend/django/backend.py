"""Django's tasks on Celery: a backend for the setting TASKS, and the Celery task that runs them."""

from __future__ import annotations

import builtins
import logging
import re
from dataclasses import dataclass, replace
from datetime import datetime
from traceback import format_exception
from typing import Any, Final

from celery import shared_task
from celery.app import app_or_default
from celery.exceptions import TaskPredicate
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.tasks import Task, TaskContext, TaskResult, TaskResultStatus, task_backends
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import DEFAULT_TASK_QUEUE_NAME, TaskError
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from ..record.failures import described
from ..record.fields import Body
from ..record.model import LOST, WORKER_LOST, TaskStatus
from ..runs.run import TaskCancelled
from ..tracking.current_run import recorded_run
from ..tracking.decorator import MARK, Marking
from ..tracking.headers import HEADER
from ..tracking.kept_task import kept_task
from ..tracking.notifier import ProgressNotifier
from ..tracking.tracker import tracker_of

logger = logging.getLogger(__name__)

#: The Celery task that runs all tasks of Django.
NAME: Final = "progress_backend.django.run"
_OPTIONS: Final = ("backend", "priority", "queue_name", "run_after")
_STATUSES: Final = {
    "running": "RUNNING",
    "paused": "RUNNING",
    "created": "READY",
    "completed": "SUCCESSFUL",
}
#: Classes of the errors of tasks that no exception of theirs ended, by the record's cause.
_CLASSES: Final = {
    **dict.fromkeys((LOST, WORKER_LOST), "celery.exceptions.WorkerLostError"),
    "time_limit": "celery.exceptions.TimeLimitExceeded",
}
#: The class at the start of an exception's line.
_RAISED: Final = re.compile(r"^[\w.<>]+(?=: |$)", re.MULTILINE)


class TaskExited(Exception):
    """Fails a task that calls `exit()`: SystemExit would end the worker's process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressContext(TaskContext):  # type: ignore[misc]  # Django ships no types
    """Django's context of a task, with its progress."""

    @property
    def progress(self) -> ProgressNotifier:
        """Reports the progress of the running task."""
        return ProgressNotifier()


class CeleryBackend(BaseTaskBackend):  # type: ignore[misc]  # as above
    """Publishes Django's tasks by the current Celery app, with which `install` was called, and
    reads their results from its records. Django's queue "default" is where Celery's app routes;
    another name is that of a queue, which a worker has to consume (`-Q`). The option `owner` names
    the keyword argument of the tasks that has their records' owner."""

    supports_defer = supports_async_task = supports_get_result = True

    @property
    def supports_priority(self) -> bool:
        """Whether the broker delivers by priority."""
        return _transport() in ("redis", "amqp")

    def enqueue(self, task: Task, args: Any, kwargs: Any) -> TaskResult:
        """Publishes a task; its record is there before its message.

        Raises:
            InvalidTask: this backend cannot run it.
            TypeError: an argument has no JSON form.
            kombu.exceptions.OperationalError: the broker did not take the message.
        """
        self.validate_task(task)
        now, eta, message = timezone.now(), task.run_after, dict[str, Any](serializer="json")
        result = _result(task, "", args, kwargs, enqueued_at=now)
        options = {name: getattr(task, name) for name in _OPTIONS}
        message["headers"] = {HEADER: {"owner": kwargs.get(self.options.get("owner"))}}
        body = task.module_path, result.args, result.kwargs, options, now
        if self.supports_priority:  # 0 to 9, of which 0 is the first on Redis
            level = (int(task.priority) + 100) * 9 // 200
            message["priority"] = 9 - level if _transport() == "redis" else level
        if eta is not None:
            message["eta"] = timezone.make_aware(eta) if timezone.is_naive(eta) else eta
        if task.queue_name != DEFAULT_TASK_QUEUE_NAME:
            message["queue"] = task.queue_name
        _set(result, id=str(run_django_task.apply_async(body, **message).id))
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult:
        """Reads a task's result from its record. Arguments that are larger than 64 KiB are not
        kept: `args` and `kwargs` are empty then.

        Raises:
            TaskResultDoesNotExist: no task of this backend has this id, or its function is not
                there any more.
            StoreUnavailable: the store does not answer.
        """
        app = app_or_default()
        record, message, traceback = kept_task(app, result_id)
        if record is None:
            raise TaskResultDoesNotExist(result_id)
        alone: Any = record.task_type, [], {}, {"backend": self.alias}, _time(record.created_at)
        path, args, kwargs, options, enqueued_at = message["args"] if message else alone
        if options["backend"] != self.alias:
            raise TaskResultDoesNotExist(result_id)
        try:
            task = _task(path, options)
        except (ImportError, TypeError) as error:
            logger.warning("the task of result %s cannot be imported: %s", result_id, error)
            raise TaskResultDoesNotExist(result_id) from error
        started, attempted = _time(record.start_time), _time(record.attempt_started_at)
        result = _result(task, result_id, args, kwargs, enqueued_at=enqueued_at, started_at=started)
        _set(result, last_attempted_at=attempted or started)
        # The record has the newest run's worker, and the number of runs.
        _set(result, worker_ids=[record.worker or "unknown"] * record.attempt)
        if record.error_cause in (LOST, WORKER_LOST) and not record.final:
            return result  # READY: its message will be delivered again
        status = TaskResultStatus(_STATUSES.get(record.status, "FAILED"))
        _set(result, status=status, finished_at=_time(record.end_time))
        if status == TaskResultStatus.FAILED:
            result.errors.append(_error(record, traceback))
        elif result.is_finished:
            _set(result, _return_value=_returned(app, record))
        return result

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """What keeps this backend from publishing: no tracked Celery app, or no such broker."""
        tracker, found = tracker_of(app_or_default()), []
        if tracker is None or tracker.disabled:
            found.append(("E001", "tasks are not tracked: call install(app) on the Celery app"))
        if _transport() is None:
            found.append(("E002", "Celery has no broker of this kind: correct broker_url"))
        return [Error(why, obj=self.alias, id=f"progress_backend.{code}") for code, why in found]


def _run(self: Any, path: str, args: Any, kwargs: Any, options: Any, enqueued_at: datetime) -> Any:
    """Runs a task of Django; returns its return value as `result`."""
    task, run, now = _task(path, options), recorded_run(), timezone.now()
    backend, workers = type(task.get_backend()), [self.request.hostname]
    result = _result(task, self.request.id, args, kwargs, enqueued_at=enqueued_at, started_at=now)
    workers *= (run and run.attempt) or 1
    _set(result, status=TaskResultStatus.RUNNING, worker_ids=workers, last_attempted_at=now)
    task_started.send(backend, task_result=result)
    context = (ProgressContext(task_result=result),) if task.takes_context else ()
    try:
        value = normalize_json(task.call(*context, *args, **kwargs))
    except BaseException as error:
        if _is_celerys(error):
            raise
        kind, text = type(error), "".join(format_exception(error))
        name = f"{kind.__module__}.{kind.__qualname__}"
        result.errors.append(TaskError(exception_class_path=name, traceback=text))
        _set(result, finished_at=timezone.now(), status=TaskResultStatus.FAILED)
        task_finished.send(backend, task_result=result)
        if run is not None:
            name = name.removeprefix("builtins.")
            run.exception_line = name + described(error).removeprefix(kind.__name__)
        if kind is SystemExit:
            raise TaskExited(*error.args) from error
        raise
    _set(result, finished_at=timezone.now(), _return_value=value)
    _set(result, status=TaskResultStatus.SUCCESSFUL)
    task_finished.send(backend, task_result=result)
    return {"result": value}


setattr(_run, MARK, Marking(task_type=lambda path: path, keeps=True))
run_django_task = shared_task(bind=True, name=NAME)(_run)


def _is_celerys(error: BaseException) -> bool:
    """Whether an exception means something to Celery: a shutdown, SIGTERM, a retry, a rejection."""
    if isinstance(error, SystemExit):  # after a signal its code is below zero
        return type(error) is not SystemExit or (isinstance(error.code, int) and error.code < 0)
    own = isinstance(error, TaskPredicate) and not isinstance(error, TaskCancelled)
    return own or isinstance(error, KeyboardInterrupt)


def _result(task: Task, result_id: str, args: Any, kwargs: Any, **times: Any) -> TaskResult:
    """A result that is READY."""
    times = dict.fromkeys(("started_at", "finished_at", "last_attempted_at")) | times
    about = {"status": TaskResultStatus.READY, "errors": [], "worker_ids": [], **times}
    about |= {"backend": task.backend, "id": result_id, "args": list(args), "kwargs": kwargs}
    return TaskResult(task=task, **about)


def _set(result: TaskResult, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(result, name, value)  # it is frozen


def _task(path: str, options: dict[str, Any]) -> Task:
    """The task as it was published, whatever today's settings refuse but its backend's name.
    Raises ImportError: there is none; TypeError: it is no task of Django."""
    if not isinstance(found := import_string(path), Task):
        raise TypeError(f"{path} is not a task of Django")
    task, known = replace(found), options["backend"] in task_backends
    _set(task, **(options if known else options | {"backend": found.backend}))
    return task


def _time(text: str | None) -> datetime | None:
    time = None if text is None else datetime.fromisoformat(text)
    return time if time is None or settings.USE_TZ else timezone.make_naive(time)


def _error(record: Body, traceback: str | None) -> TaskError:
    """Its traceback is the stored one, or the record's line where there is none."""
    line, path = record.error_message or "", _CLASSES.get(record.error_cause or "")
    if record.status == TaskStatus.CANCELLED:
        path = "celery.exceptions.TaskRevokedError"
    for name in _RAISED.findall("\n".join((line, (traceback or "").rpartition("\n  File ")[2]))):
        if path is None and ("." in name or isinstance(getattr(builtins, name, None), type)):
            path = name if "." in name else f"builtins.{name}"
    if path == "builtins.SystemExit":  # without the TaskExited that followed
        traceback = traceback and traceback.partition("\n\nThe above exception was")[0]
    path = path or "celery.exceptions.TaskError"
    return TaskError(exception_class_path=path, traceback=f"{traceback or line}\n")


def _returned(app: Any, record: Body) -> Any:
    """The return value; that of Celery's result backend where the record has no room for it."""
    if "result" in record.results:
        return record.results["result"]
    try:
        value = app.AsyncResult(record.task_id).result
    except NotImplementedError:
        logger.warning("the return value of %s was too large to be kept", record.task_id)
        return None
    return value["result"] if isinstance(value, dict) else None


def _transport() -> str | None:
    """The kind of the app's broker; None for one that kombu does not have."""
    try:
        return str(app_or_default().connection_for_write().get_transport_cls().driver_type)
    except (ImportError, KeyError, AttributeError, ValueError):
        return None
