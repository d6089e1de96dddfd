"""Everything this library raises on purpose.

ProgressError
├── TaskNotFound          (404, also a ValueError)
├── TaskAlreadyFinished   (409, also a ValueError)
├── TransitionRefused     (409, also a ValueError)
│   └── HeldByWorker      (409, also a ValueError)
├── ConcurrentUpdate      (503)
├── InvalidEvent          (422, also a ValueError)
│   └── TooLarge          (413)
├── ForeignValue          (500, also a ValueError)
├── SettingsError         (a ValueError: a setting that cannot be used)
└── StoreUnavailable      (503)

`TaskCancelled` is raised into a job and is Celery's, so it lives beside the run
(`progress_backend.runs.run`), not here.
"""

from __future__ import annotations


class ProgressError(Exception):
    """Something about a progress record went wrong."""

    #: HTTP status that a server should answer with.
    status_code = 500


class TaskNotFound(ProgressError, ValueError):
    """No record has this task id."""

    status_code = 404

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} not found")
        self.task_id = task_id


class TransitionRefused(ProgressError, ValueError):
    """The record's status does not allow this event."""

    status_code = 409

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class TaskAlreadyFinished(TransitionRefused):
    """The task has ended; its record changes no more."""


class HeldByWorker(TransitionRefused):
    """A worker runs the task: its record ends with the run, unless somebody forces it."""

    def __init__(self, task_id: str, status: str, lease: str, worker: str) -> None:
        super().__init__(
            f"task {task_id} is run by worker {worker}, and its record ends with that run: cancel "
            "the task, or say force to end the record and stop the run",
            status,
        )
        self.lease = lease


class ConcurrentUpdate(ProgressError):
    """Others wrote the same record first, again and again; nothing was changed. Try again."""

    status_code = 503

    def __init__(self, task_id: str, tries: int) -> None:
        super().__init__(f"Task {task_id} was changed by others {tries} times in a row; try again")
        self.task_id = task_id


class InvalidEvent(ProgressError, ValueError):
    """A value in the request cannot be recorded."""

    status_code = 422


class TooLarge(InvalidEvent):
    """The record would outgrow its limit."""

    status_code = 413


class ForeignValue(ProgressError, ValueError):
    """What is stored under a task's key is not its record: somebody else wrote it, or cut it."""

    def __init__(self, task_id: str | None, fault: str) -> None:
        of = "" if task_id is None else f" for task {printable(task_id)}"
        super().__init__(f"what is stored{of} is no record: {fault}")
        self.task_id = task_id
        #: What is wrong, without whose value it is.
        self.fault = fault


def printable(task_id: str) -> str:
    """A task id as text for people; one that is no UTF-8 in the store has half surrogates."""
    return task_id.encode("utf-8", "backslashreplace").decode()


class SettingsError(ProgressError, ValueError):
    """A setting cannot be used as it stands."""


class StoreUnavailable(ProgressError):
    """The store does not answer; nothing was changed as far as is known."""

    status_code = 503

    def __init__(self, what: str, why: object = None) -> None:
        super().__init__(what if why is None else f"{what}: {why}")
        #: What is wrong without what the client library says of it, which names addresses.
        self.what = what
