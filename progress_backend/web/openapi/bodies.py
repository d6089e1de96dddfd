"""Response bodies, as OpenAPI and docs/reference.md describe them."""

from __future__ import annotations

from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, Field, create_model

from ...record import fields
from ...record.fields import Status
from ...record.workflow import NOT_IN_ROWS

Count = Annotated[int, Field(description="How many tasks have this status.")]
Connection = Annotated[
    Literal["connected", "disconnected"], Field(description="Whether it answers now.")
]
#: What a value of a type is in JSON, and the bounds that the type does not have.
_IN_JSON: Final[dict[Any, Any]] = {datetime: str, datetime | None: str | None}
_BOUNDS: Final[dict[str, Any]] = {"percentage": {"ge": 0, "le": 100}}


def _body(part: fields.Part) -> type[BaseModel]:
    """The body that `record.fields` describes."""
    described: dict[str, Any] = {f.name: (_kind(f), _described(f)) for f in part.fields}
    body: type[BaseModel] = create_model(part.name, __doc__=part.meaning, **described)
    return body


def _kind(field: fields.Field) -> Any:
    if field.part is None:
        return _IN_JSON.get(field.kind, field.kind)
    body = _body(field.part)
    return body | None if NoneType in get_args(field.kind) else body


def _described(field: fields.Field) -> Any:
    default = field.default if field.sparse else ...
    return Field(default, description=field.meaning, **_BOUNDS.get(field.name, {}))


def _omissible(names: tuple[str, ...]) -> Any:
    described = Field(default=None, description="As in the record; may be omitted.")
    return dict.fromkeys(names, (dict[str, Any] | None, described))


TaskBody = _body(fields.TASK)
_PROGRESS = _body(fields.PROGRESS)
_ESTIMATE = _body(fields.ESTIMATE)
_MEANINGS: Final = {field.name: field.meaning for field in fields.TASK.fields}


class ShareToken(BaseModel):
    """A token with which a browser may read one task."""

    token: str = Field(description="The token; it is not kept, and not shown again.")
    expires_at: str = Field(description="When it expires.")


class Created(BaseModel):
    """A new task."""

    task_id: str = Field(description=_MEANINGS["task_id"])
    status: Status = Field(description=_MEANINGS["status"])
    task_type: str = Field(description=_MEANINGS["task_type"])
    symbol: str | None = Field(description=_MEANINGS["symbol"])
    total_items: int | None = Field(description="Items to be processed; null if unknown.")
    created_at: str = Field(description="When the record was made, by the store's clock.")
    estimated_completion: str | None = Field(description=_MEANINGS["estimated_completion"])
    estimate: _ESTIMATE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description=_MEANINGS["estimate"]
    )
    share: ShareToken | None = Field(
        default=None, description="The share token; only where one was asked for."
    )


class Counts(BaseModel):
    """How many members of a workflow have each status."""

    created: Count
    running: Count
    paused: Count
    completed: Count
    error: Count
    cancelled: Count
    planned: int = Field(
        description="How many of created and paused have a message that has not left yet."
    )


class Failure(BaseModel):
    """A member of a workflow that has failed."""

    task_id: str = Field(description=_MEANINGS["task_id"])
    task_type: str = Field(description=_MEANINGS["task_type"])
    error_message: str | None = Field(description=_MEANINGS["error_message"])
    error_cause: str | None = Field(description="As in the task's record.")
    end_time: str | None = Field(description="When it ended.")


class Asked(BaseModel):
    """What a caller asks of a whole workflow."""

    action: Literal["pause", "cancel"] = Field(description="What was asked for.")
    by: str | None = Field(description='"api", "cli" or the name of a caller.')
    reason: str | None = Field(description="The reason that was given.")
    at: str = Field(description="When.")


class WorkflowBody(BaseModel):
    """All tasks that one chain, group or chord starts, and those that these start in turn, as one.
    Times are ISO 8601 with milliseconds and offset."""

    task_id: str = Field(description="As workflow_id: the names of a task's body are here too.")
    workflow_id: str = Field(description="The id of the result that apply_async returned.")
    task_type: Literal["workflow"] = Field(description="Always this word.")
    name: str | None = Field(description='What it does, such as "fetch ×8 → merge".')
    symbol: None = Field(description="Null: members have symbols.")
    status: Status = Field(
        description="While any member is open: cancelled if that was asked of the workflow, paused "
        "if members wait for a person and none runs, running once any has begun, else created. "
        "After that: error if any failed, cancelled if any was, else completed."
    )
    progress: _PROGRESS = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="Members that have ended, and all (as many as the caller expects, while fewer "
        "are known and one of these is open); the percentage is that of their work, below 100 "
        "until all have ended, and falls only where members were added."
    )
    current_status: str = Field(description="The text to show.")
    start_time: str | None = Field(description="When its first member began; null before that.")
    updated_at: str | None = Field(description="When a member last changed.")
    end_time: str | None = Field(description="When its last member ended; null before that.")
    processing_time_ms: int | None = Field(
        description="From start to end, or to the last change; null before the start."
    )
    error_message: str | None = Field(description="That of the first failure.")
    counts: Counts = Field(description="Its members by status.")
    failures: list[Failure] = Field(description="The first 20 members that have failed.")
    results: dict[str, Any] = Field(description="Empty: members have results.")
    processing_details: dict[str, Any] = Field(description="Empty: members have details.")
    metadata: dict[str, Any] = Field(description="Empty: members have metadata.")
    created_at: str | None = Field(description="When its first member's record was made.")
    estimated_completion: str | None = Field(
        description="When it is likely to end while it runs, by how long the last successful "
        "workflows of its name took; null without such ones, and on a Redis Cluster."
    )
    estimate: _ESTIMATE | None = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="The range of its end, from four such workflows on; null otherwise."
    )
    control: Asked | None = Field(description="What is asked of all of it; null otherwise.")
    may_come_again_until: str | None = Field(
        description="Until when one of the failures that are named may be taken back, where all "
        "members have ended; null otherwise."
    )
    final: bool = Field(
        description="Whether all members have ended for good; a member whose message comes again "
        "later, or a new one, opens it again."
    )
    revision: int = Field(description="Counts the changes of all members.")


class Pagination(BaseModel):
    """The page, and the number of pages."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Rows a page.")
    total: int = Field(description="Rows in all, after the filters.")
    pages: int = Field(description="Pages in all; 1 where there is nothing.")


class TaskPagination(BaseModel):
    """The page of a list of tasks, and the number of pages."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Rows a page.")
    total: int | None = Field(
        description="Rows in all, after the filters; null where tasks are looked at: with owner "
        "and one of task_type, symbol, remark and id_prefix, and with task_type and id_prefix."
    )
    pages: int | None = Field(
        description="Pages in all; 1 where there is nothing; null with total."
    )


class Summary(BaseModel):
    """Counts of tasks by status, whatever the filter; with workflow_id of its members, with owner
    of the owner's tasks."""

    created: Count
    running: Count
    paused: Count
    completed: Count
    error: Count
    cancelled: Count


Row = create_model(
    "Row",
    __base__=TaskBody,
    __doc__="A task in a list: its record, or what is left of it where callers gave it much.",
    **_omissible(fields.GIVEN),
    omitted=(
        list[str] | None,
        Field(
            default=None,
            description="What is not in this row, since these have more than 1 KiB together; with "
            "fields=all nothing is omitted.",
        ),
    ),
    detail=(
        str | None,
        Field(
            default=None,
            description="Of a task whose record cannot be read: what is wrong with it. Its status "
            "is error, its error_cause unreadable; nothing else is known. Not there otherwise.",
        ),
    ),
)


_IN_ROWS: Final[dict[str, Any]] = {
    name: (field.annotation, field)
    for name, field in WorkflowBody.model_fields.items()
    if name not in NOT_IN_ROWS
}
WorkflowRow = create_model(
    "WorkflowRow",
    __doc__="A workflow in a list: its body without what members have and what failures say.",
    **_IN_ROWS,
)


class TaskList(BaseModel):
    """One page of tasks, newest first; with top=true of workflows too."""

    # Row is made from the table of fields: mypy sees no class in it.
    tasks: list[Row | WorkflowRow] = Field(  # type: ignore[valid-type]  # made of the table of fields
        description="The tasks of this page. Only with top=true there are workflows among them: "
        "a row is one that has workflow_id."
    )
    pagination: TaskPagination = Field(description="Which page it is.")
    summary: Summary = Field(description="All tasks by status, whatever the filter.")
    cursor: str | None = Field(
        default=None,
        description="Only where tasks are looked at, and there may be more: what to ask with next.",
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


class TimelineEntry(BaseModel):
    """What happened to a task; a name without a value is not there."""

    time: datetime = Field(description="When.")
    event: str = Field(
        description="created, started, ended; phase, retried, requeued, redelivered, returned (a "
        "run that was taken for lost has written again); pause, cancel and end (by force) as they "
        "were asked for, heeded by the run, resumed; stalled, late and waiting, since when."
    )
    attempt: int | None = Field(default=None, description="The run.")
    status: str | None = Field(default=None, description="Of an end: the status.")
    cause: str | None = Field(default=None, description="Of an error: why it is one.")
    by: str | None = Field(default=None, description="Who asked.")
    worker: str | None = Field(default=None, description="The worker's node name.")
    text: str | None = Field(
        default=None,
        description="The reason, the phase, or an error's last line; cut at 160 characters.",
    )


class RunSamples(BaseModel):
    """How far a run was when."""

    attempt: int = Field(description="The run.")
    points: list[list[int]] = Field(
        description="Milliseconds since it began, and items done; the oldest first."
    )


class TaskTimeline(BaseModel):
    """What happened to a task."""

    task_id: str = Field(description="The task's id.")
    gone: int = Field(description="How many entries are gone: the newest 200 are kept.")
    entries: list[TimelineEntry] = Field(description="The oldest first.")
    samples: list[RunSamples] = Field(
        description="Of the newest eight attempts; none of one that took less than ten seconds."
    )


class WorkflowList(BaseModel):
    """One page of workflows, newest first."""

    workflows: list[WorkflowRow] = Field(  # type: ignore[valid-type]  # as Row
        description="The workflows of this page."
    )
    pagination: Pagination = Field(description="Which page it is.")


class Refused(BaseModel):
    """A task that was not asked."""

    task_id: str = Field(description=_MEANINGS["task_id"])
    why: str = Field(description="What refused it: its status, a missing record or right.")


class ActedOn(BaseModel):
    """What became of an act on many tasks."""

    asked: int = Field(description="How many tasks it was asked of.")
    refused: list[Refused] = Field(description="The tasks of which it was not.")
    more: bool = Field(description="Whether more tasks pass the filter.")


class HeldTask(BaseModel):
    """A task that a worker runs."""

    task_id: str = Field(description=_MEANINGS["task_id"])
    task_type: str = Field(description=_MEANINGS["task_type"])
    status: Status = Field(description=_MEANINGS["status"])
    percentage: float = Field(ge=0, le=100, description="How much of it is done.")


class Held(BaseModel):
    """The tasks that a worker runs."""

    total: int = Field(description="How many there are.")
    tasks: list[HeldTask] = Field(
        description="Those created first, 20 at most; fewer where there are more than 100 workers."
    )


class WorkerRow(BaseModel):
    """A worker, as its lease tells."""

    name: str = Field(description="Name of Celery's node, such as celery@host.")
    last_sign_at: str | None = Field(
        description="When it renewed its lease last; null once it has shut down."
    )
    live: bool = Field(description="Whether its lease is valid: else it has ended, or is lost.")
    holds: Held = Field(description="What it runs.")


class WorkerList(BaseModel):
    """The workers that track tasks."""

    workers: list[WorkerRow] = Field(
        description="The 500 that were seen last at most, the living ones first, by name."
    )
    total: int = Field(description="How many there are.")
    at: str = Field(description="When this was read, by the store's clock.")


class Minute(BaseModel):
    """How many tasks ended in a minute."""

    at: str = Field(description="When it begins.")
    completed: int = Field(description="How many were completed.")
    error: int = Field(description="How many failed.")
    cancelled: int = Field(description="How many were cancelled.")


class TypeTimes(BaseModel):
    """How long tasks of a type take."""

    task_type: str = Field(description=_MEANINGS["task_type"])
    median_run_s: float | None = Field(
        description="Seconds that half of its last ten successful runs took at most; null where "
        "none is known."
    )
    median_wait_s: float | None = Field(
        description="Seconds that half of these waited at most; null where none is known."
    )
    runs: int = Field(description="How many tasks of it were completed, since the store was empty.")


class Activity(BaseModel):
    """What ended lately, and how long tasks take."""

    minutes: list[Minute] = Field(description="The minutes, the current one last.")
    types: list[TypeTimes] = Field(
        description="The 20 types of which most tasks were completed, by their number."
    )


class MemoryUsage(BaseModel):
    """Use of the store, not of this process."""

    tasks_in_memory: int = Field(description="Records in the store.")
    memory_usage_mb: float = Field(description="Memory in use by the store's server, in MiB.")


class Redis(BaseModel):
    """The store's server."""

    status: Connection
    response_time_ms: float | None = Field(description="How long it took to answer.")
    key_prefix: str | None = Field(
        default=None, description="Prefix of its keys; not there while the store does not answer."
    )
    unreadable_tasks: int | None = Field(
        default=None,
        description="How many of the newest 100 tasks have a value under their key that is no "
        "record; not there while the store does not answer.",
    )


class ListenerState(BaseModel):
    """This process's subscription to updates."""

    status: Connection
    watched_tasks: int = Field(description="Tasks and workflows that clients watch one by one.")
    watchers: int = Field(description="Sockets and event streams of these.")


class Dependencies(BaseModel):
    """State of the service's dependencies."""

    redis: Redis = Field(description="State of the store.")
    listener: ListenerState = Field(description="State of this process's subscription to updates.")


class Health(BaseModel):
    """Health of the service."""

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description="Whether all of it works; degraded: reads do, the reason says what does not."
    )
    reason: str | None = Field(default=None, description="Why it is degraded.")
    version: str = Field(description="Version of progress-backend.")
    active_tasks: int = Field(description="Tasks that are running.")
    total_tasks_today: int = Field(
        description="Tasks created since midnight of the configured zone."
    )
    memory_usage: MemoryUsage = Field(description="What the store holds.")
    dependencies: Dependencies = Field(description="State of its store and subscription.")


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = Field(description="Always this word.")


class Problem(BaseModel):
    """An error, in one text."""

    detail: str = Field(description="The message.")


class Conflict(BaseModel):
    """A request that the task's status does not allow."""

    detail: str = Field(description="The message.")
    status: Status = Field(description="The task's status now, which is the reason.")


class Undone(BaseModel):
    """A request that could not be carried out now."""

    detail: str = Field(description="The message.")
    status: Status | None = Field(
        default=None, description="The task's status now, if the record was cancelled all the same."
    )


class Place(BaseModel):
    """A value of the request that is invalid."""

    type: str = Field(description="Kind of mistake, in one word.")
    loc: list[str | int] = Field(description="Where the value stands in the request.")
    msg: str = Field(description="The message.")


class Invalid(BaseModel):
    """A request that is invalid."""

    detail: str | list[Place] = Field(description="One text, or one entry a value.")
