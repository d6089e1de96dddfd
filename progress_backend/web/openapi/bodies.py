"""Bodies of answers about tasks, as OpenAPI and docs/reference.md describe them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ...record.act_refusal import Code
from ...record.fields import Status
from .field_bodies import CODE, ESTIMATE, MEANINGS, TaskBody
from .workflow_bodies import WorkflowRow


class ShareToken(BaseModel):
    """A token with which a browser may read one task."""

    token: str = Field(description="The token; it is not kept, and not shown again.")
    expires_at: str = Field(description="When it expires.")


class Created(BaseModel):
    """A new task."""

    task_id: str = Field(description=MEANINGS["task_id"])
    status: Status = Field(description=MEANINGS["status"])
    task_type: str = Field(description=MEANINGS["task_type"])
    symbol: str | None = Field(description=MEANINGS["symbol"])
    total_items: int | None = Field(description="Items to be processed; null if unknown.")
    created_at: str = Field(description="When the record was made, by the store's clock.")
    estimated_completion: str | None = Field(description=MEANINGS["estimated_completion"])
    estimate: ESTIMATE | None = Field(  # type: ignore[valid-type]  # made of a Struct
        description=MEANINGS["estimate"]
    )
    share: ShareToken | None = Field(
        default=None, description="The share token; only where one was asked for."
    )


class TaskPagination(BaseModel):
    """The page of a list of tasks, and the number of pages."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Rows a page.")
    total: int | None = Field(
        description="Rows in all, after the filters; null where tasks are looked through."
    )
    pages: int | None = Field(
        description="Pages in all; 1 where there is nothing; null with total."
    )


OwnCount = Annotated[int | None, Field(description="How many tasks have this status.")]


class Summary(BaseModel):
    """Counts of tasks by status, whatever the filter; with workflow_id of its members, with owner
    of the owner's tasks; null for a caller that may see one type's tasks alone, of an owner."""

    created: OwnCount
    running: OwnCount
    paused: OwnCount
    completed: OwnCount
    error: OwnCount
    cancelled: OwnCount


class TaskList(BaseModel):
    """One page of tasks, newest first; with top=true of workflows too."""

    tasks: list[TaskBody | WorkflowRow] = Field(  # type: ignore[valid-type]  # made of a Struct
        description="The tasks of this page. Only with top=true there are workflows among them: "
        "a row is one that has workflow_id."
    )
    pagination: TaskPagination = Field(description="Which page it is.")
    summary: Summary = Field(description="All tasks by status, whatever the filter.")
    cursor: str | None = Field(
        default=None,
        description="Only where total is null, and there may be more: what to ask with next.",
    )


class TaskLogLine(BaseModel):
    """A line of a task's log."""

    id: int = Field(description="Number of the line in the log, from 1.")
    time: datetime = Field(description="When it was written, by the clock of its process; UTC.")
    level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        description="How grave it is."
    )
    attempt: int | None = Field(description="The run that has written it.")
    text: str = Field(description="What it says; cut at 2,000 characters.")


class TaskLog(BaseModel):
    """Lines of a task's log, the newest last."""

    task_id: str = Field(description="The task's id.")
    first: int | None = Field(
        description="Id of the oldest line that is kept; those before it are gone. null without "
        "lines."
    )
    last: int | None = Field(description="Id of the newest line; null without lines.")
    lines: list[TaskLogLine] = Field(description="The lines that were asked for.")


class StackFrame(BaseModel):
    """A line of code in which a job is."""

    file: str = Field(description="Its file, below the folder from which it is imported.")
    line: int = Field(description="Its number.")
    function: str = Field(description="The function.")
    code: str | None = Field(default=None, description="Its text, redacted, cut at 120 characters.")
    folded: bool | None = Field(
        default=None, description="True of what is Celery's or progress-backend's."
    )


class TimelineEntry(BaseModel):
    """What happened to a task; a name without a value is not there."""

    time: datetime = Field(description="When.")
    event: str = Field(
        description="created, started, ended; phase, retried, requeued, redelivered, returned (a "
        "run that was taken for lost goes on); pause, cancel and end (by force) as they "
        "were asked for, acknowledged by the run, resumed; stalled and late, since when; for "
        "callers who may write stack and traceback."
    )
    attempt: int | None = Field(default=None, description="The run.")
    status: str | None = Field(default=None, description="Of an end: the status.")
    cause: str | None = Field(
        default=None,
        description="Of an error: why it is one. Of a stack: request, stalled, late, cancel (not "
        "carried out for 10 s) or time_limit (soon reached); without frames no_answer (the job's "
        "process runs code outside Python, or is stopped) or too_many (20 were taken in a minute).",
    )
    by: str | None = Field(default=None, description="Who asked.")
    worker: str | None = Field(default=None, description="The worker's node name.")
    text: str | None = Field(
        default=None,
        description="The reason, the phase, an error's last line, or of what is delivered again "
        "how many runs before it lost their process, of a stack the line of code; cut at 160 "
        "characters.",
    )
    text_code: CODE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        default=None, description="What text says, where it is a whole default text."
    )
    frames: list[StackFrame] | None = Field(
        default=None, description="Of a stack: the newest 40 frames, the newest first."
    )
    same_s: float | None = Field(
        default=None,
        description="Seconds for which the job has been at the same line of its own code: so long "
        "apart were two looks; 0 where it was at another one.",
    )
    traceback: str | None = Field(
        default=None, description="Of a failed run: Python's, redacted, cut at 8 KiB."
    )


class StackRequested(BaseModel):
    """A request for the stack of a job."""

    task_id: str = Field(description=MEANINGS["task_id"])
    requested_at: datetime = Field(description="When, by the store's clock.")


class TaskTimeline(BaseModel):
    """What happened to a task."""

    task_id: str = Field(description="The task's id.")
    gone: int = Field(description="How many entries are gone: the newest 12 KiB are kept.")
    entries: list[TimelineEntry] = Field(description="The oldest first.")


class Refused(BaseModel):
    """A task that was not asked."""

    task_id: str = Field(description=MEANINGS["task_id"])
    code: Code = Field(
        description="The task's status, where that does not allow it; not_found: there is no "
        "record; forbidden: the caller has no right to it; changed_by_others: other writers were "
        "first in each try, ask again; too_large: the record would be; unreadable: what is stored "
        "is no record; failed: anything else."
    )
    why: str = Field(description="The same in English.")


class ActedOn(BaseModel):
    """What became of an act on many tasks."""

    asked: int = Field(description="How many tasks it was asked of.")
    refused: list[Refused] = Field(description="The tasks of which it was not.")
    refused_counts: dict[str, int] = Field(
        description="How many of them have each code, the most frequent first."
    )
