"""Bodies of answers about tasks, as OpenAPI and docs/reference.md describe them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from ...record.act_refusal import Code
from ...record.fields import Status
from .field_bodies import CODE, ESTIMATE, MEANINGS, TaskBody
from .workflow_bodies import WorkflowRow


class ShareToken(BaseModel):
    """A token with which a browser may read one task."""

    token: str = Field(
        description="The token. The API does not store it and does not send it again."
    )
    expires_at: str = Field(description="When the token expires.")


class Created(BaseModel):
    """A new task."""

    task_id: str = Field(description=MEANINGS["task_id"])
    status: Status = Field(description=MEANINGS["status"])
    task_type: str = Field(description=MEANINGS["task_type"])
    symbol: str | None = Field(description=MEANINGS["symbol"])
    total_items: int | None = Field(description="Number of items to process; null if unknown.")
    created_at: str = Field(description="When the record was created, by Redis's clock.")
    estimated_completion: str | None = Field(description=MEANINGS["estimated_completion"])
    estimate: ESTIMATE | None = Field(  # type: ignore[valid-type]  # made of a Struct
        description=MEANINGS["estimate"]
    )
    share: ShareToken | None = Field(
        default=None, description="The share token; only if the request had share."
    )


class Job(BaseModel):
    """A task that the caller may start."""

    name: str = Field(description="Its name, as in POST /internal/jobs/{name}.")
    title: str = Field(description="The first sentence of its docstring, or its name.")
    description: str = Field(description="Its docstring.")
    arguments: dict[str, Any] = Field(
        alias="schema", description="JSON Schema of its keyword arguments."
    )


class Jobs(BaseModel):
    """The jobs that the caller may start."""

    jobs: list[Job] = Field(description="By name.")


class TaskPagination(BaseModel):
    """The page of a list of tasks, and the number of pages."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Rows per page.")
    total: int | None = Field(
        description="Number of rows that pass the filters; null if the API searches the tasks "
        "without an index."
    )
    pages: int | None = Field(
        description="Number of pages; 1 if the list is empty, null if total is null."
    )


OwnCount = Annotated[int | None, Field(description="How many tasks have this status.")]


class Summary(BaseModel):
    """Number of tasks by status, independent of other filters. With workflow_id it counts only the
    workflow's members, with owner only the owner's tasks. Null for a caller that may see only one
    owner's tasks of one type."""

    created: OwnCount
    running: OwnCount
    paused: OwnCount
    completed: OwnCount
    error: OwnCount
    cancelled: OwnCount


class TaskList(BaseModel):
    """One page of tasks, newest first; with top=true also workflows."""

    tasks: list[TaskBody | WorkflowRow] = Field(  # type: ignore[valid-type]  # made of a Struct
        description="The tasks of this page. Only with top=true some rows are workflows; these "
        "have workflow_id."
    )
    pagination: TaskPagination = Field(description="Which page it is.")
    summary: Summary = Field(description="Number of all tasks by status, independent of filters.")
    cursor: str | None = Field(
        default=None,
        description="Only if total is null and there may be more rows: the cursor of the next "
        "request.",
    )


class TaskLogLine(BaseModel):
    """A line of a task's log."""

    id: int = Field(description="Number of the line in the log, from 1.")
    time: datetime = Field(
        description="When the line was written, by the clock of its process; UTC."
    )
    level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        description="The log level."
    )
    attempt: int | None = Field(description="The run that wrote the line.")
    text: str = Field(description="The line's text; cut at 2,000 characters.")


class TaskLog(BaseModel):
    """Lines of a task's log, the newest last."""

    task_id: str = Field(description="The task's id.")
    first: int | None = Field(description="Id of the oldest line that is kept; null without lines.")
    last: int | None = Field(description="Id of the newest line; null without lines.")
    lines: list[TaskLogLine] = Field(description="The requested lines.")


class StackFrame(BaseModel):
    """A frame of a job's stack."""

    file: str = Field(description="The file, relative to the folder from which it is imported.")
    line: int = Field(description="The line's number in the file.")
    function: str = Field(description="The function.")
    code: str | None = Field(
        default=None, description="The line's code, redacted; cut at 120 characters."
    )
    folded: bool | None = Field(
        default=None, description="True for a frame of Celery or progress-backend."
    )


class TimelineEntry(BaseModel):
    """An event of a task; fields without a value are absent."""

    time: datetime = Field(description="When.")
    event: str = Field(
        description="created, started, ended, phase, retried, requeued, redelivered; returned (a "
        "run that was recorded as lost continues); the requests pause, cancel and end (by force); "
        "acknowledged (by the run), resumed; the warnings stalled and late. Only for callers with "
        "write access to all tasks: stack and traceback."
    )
    attempt: int | None = Field(default=None, description="The number of the run.")
    status: str | None = Field(default=None, description="For ended: the status.")
    cause: str | None = Field(
        default=None,
        description="For an error: its cause. For a stack: why it was taken: request, stalled, "
        "late, cancel (not acknowledged within 10 s) or time_limit (reached soon). For a stack "
        "without frames: no_answer (the job's process runs code outside Python, or is stopped).",
    )
    by: str | None = Field(default=None, description="The caller who sent the request.")
    worker: str | None = Field(default=None, description="The worker's node name.")
    text: str | None = Field(
        default=None,
        description="The reason, the phase, the last line of the error, the line of code of a "
        "stack, or for a redelivery the number of earlier runs that lost their process; cut at 160 "
        "characters.",
    )
    text_code: CODE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        default=None, description="text as a code, if it is a default text."
    )
    frames: list[StackFrame] | None = Field(
        default=None, description="For a stack: up to 40 frames, newest first."
    )
    same_s: float | None = Field(
        default=None,
        description="The stack is read two times. Seconds between them if the job's own code was "
        "at the same line both times, else 0.",
    )
    traceback: str | None = Field(
        default=None, description="For a failed run: Python's traceback, redacted; cut at 8 KiB."
    )


class StackRequested(BaseModel):
    """A request for the stack of a job."""

    task_id: str = Field(description=MEANINGS["task_id"])
    requested_at: datetime = Field(description="When the request was recorded, by Redis's clock.")


class TaskTimeline(BaseModel):
    """What happened to a task."""

    task_id: str = Field(description="The task's id.")
    gone: int = Field(description="How many old entries were removed; the newest 12 KiB are kept.")
    entries: list[TimelineEntry] = Field(description="The entries, oldest first.")


class Refused(BaseModel):
    """A task for which the request was refused."""

    task_id: str = Field(description=MEANINGS["task_id"])
    code: Code = Field(
        description="The task's status, if the status does not allow the request. not_found: there "
        "is no record. forbidden: the caller may not change the task. changed_by_others: other "
        "writers changed the record at each try; send the request again. too_large: the record "
        "would be too large. unreadable: the stored value is not a record. failed: any other "
        "reason."
    )
    why: str = Field(description="The reason as an English sentence.")


class ActedOn(BaseModel):
    """The result of a request for many tasks."""

    asked: int = Field(description="Number of tasks for which the request was recorded.")
    refused: list[Refused] = Field(description="The other tasks.")
    refused_counts: dict[str, int] = Field(
        description="Number of refused tasks by code, most frequent first."
    )
