"""Every exception that this library raises on purpose, and the HTTP status of each.

ProgressError                 (500)
├── TaskNotFound              (404, also a ValueError)
│   └── WorkflowNotFound      (404, also a ValueError)
├── TransitionRefused         (409, also a ValueError)
│   ├── TaskAlreadyFinished   (409, also a ValueError)
│   └── HeldByWorker          (409, also a ValueError)
├── ConcurrentUpdate          (503)
├── TooSoon                   (429)
├── InvalidEvent              (422, also a ValueError)
│   └── TooLarge              (413, also a ValueError)
├── ForeignValue              (500, also a ValueError)
├── SettingsError             (500, also a ValueError)
├── StoreUnavailable          (503)
└── BrokerUnavailable         (503, in `web.terminate`: Celery's broker does not take a command)

Two more are no ProgressError: `TaskCancelled` (`runs.run`) ends the body of a cancelled job and is
a Celery `Ignore`; `EmbeddedServerError` (`embedded`) is a RuntimeError.
"""

from __future__ import annotations


class ProgressError(Exception):
    """Base of the errors about a task's record, a setting, or the store."""

    #: HTTP status that a server should answer with.
    status_code = 500


class TaskNotFound(ProgressError, ValueError):
    """No record has this task id.

    Attributes:
        task_id: the id.
    """

    status_code = 404

    def __init__(self, task_id: str) -> None:
        super().__init__(f"Task {task_id} not found")
        self.task_id = task_id


class WorkflowNotFound(TaskNotFound):
    """No workflow has this id: none of its members is stored."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(workflow_id)
        self.args = (f"Workflow {workflow_id} not found",)


class TransitionRefused(ProgressError, ValueError):
    """The status of the task's record does not allow this event, or the event is an older run's.

    Attributes:
        status: the record's status.
    """

    status_code = 409

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class TaskAlreadyFinished(TransitionRefused):
    """The task has ended; its record does not change any more.

    Attributes:
        status: the record's status.
    """


class HeldByWorker(TransitionRefused):
    """A live worker runs the task, and the record ends with that run unless the caller forces an
    end."""

    def __init__(self, task_id: str, status: str, lease: str, worker: str) -> None:
        super().__init__(
            f"task {task_id} is run by worker {worker}, and its record ends with that run: cancel "
            "the task, or set force to end the record and stop the run",
            status,
        )
        self.lease = lease


class ConcurrentUpdate(ProgressError):
    """Other writers changed the record before each try of a commit. Nothing was written: try
    again.

    Attributes:
        task_id: the record's id.
    """

    status_code = 503

    def __init__(self, task_id: str, tries: int) -> None:
        super().__init__(f"Task {task_id} was changed by others {tries} times in a row; try again")
        self.task_id = task_id


class TooSoon(ProgressError):
    """A stack was asked for again too soon.

    Attributes:
        retry_after_s: seconds after which it may be asked for.
    """

    status_code = 429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class InvalidEvent(ProgressError, ValueError):
    """A value that a caller gave cannot be recorded; the message names it."""

    status_code = 422


class TooLarge(InvalidEvent):
    """The record's JSON would be above its limit of 256 KiB."""

    status_code = 413


class ForeignValue(ProgressError, ValueError):
    """The value under a task's Redis key is not that task's record: another program wrote it, or
    cut it.

    Attributes:
        task_id: the task's id; None where it is not known.
        fault: what is wrong with the value, without the task's id.
    """

    def __init__(self, task_id: str | None, fault: str) -> None:
        of = "" if task_id is None else f" for task {printable(task_id)}"
        super().__init__(f"what is stored{of} is not a record: {fault}")
        self.task_id = task_id
        self.fault = fault


def printable(task_id: str) -> str:
    """A task id as printable text; an id that is no UTF-8 in Redis has half surrogates."""
    return task_id.encode("utf-8", "backslashreplace").decode()


class SettingsError(ProgressError, ValueError):
    """A setting's value cannot be used; the message names the setting and what fits."""


class StoreUnavailable(ProgressError):
    """Redis does not answer, or refuses the command; a write may have been done all the same.

    Attributes:
        what: the message without redis-py's own text, which names addresses.
        late: whether the reply did not come in time; else a connection was refused or broken, or
            Redis refuses.
        refused: whether Redis refuses this command or its keys alone, and may accept others.
    """

    status_code = 503

    def __init__(
        self, what: str, why: object = None, *, late: bool = False, refused: bool = False
    ) -> None:
        super().__init__(what if why is None else f"{what}: {why}")
        self.what = what
        self.late = late
        self.refused = refused
