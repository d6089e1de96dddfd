"""Response bodies, as OpenAPI and docs/reference.md describe them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from .schemas import Status

TaskId = Annotated[str, Field(description="The task's id, the same as in Celery.")]
TaskType = Annotated[str, Field(description="Kind of task, such as fetch_data or bulk_import.")]
Symbol = Annotated[str | None, Field(description="Security code; null if there is none.")]
TaskState = Annotated[Status, Field(description="The task's status.")]
CreatedAt = Annotated[str, Field(description="When the record was made, by the store's clock.")]
Ending = Annotated[
    str | None,
    Field(description="Estimated time of its end; null where there is no estimate."),
]
Count = Annotated[int, Field(description="How many tasks have this status.")]
Connection = Annotated[
    Literal["connected", "disconnected"], Field(description="Whether it answers now.")
]


class Progress(BaseModel):
    """Progress of a task."""

    current: int = Field(description="Items processed so far.")
    total: int | None = Field(description="Items in all; null if unknown.")
    percentage: float = Field(
        ge=0, le=100, description="One decimal, rounded down; 0 while the total is unknown."
    )


class Worker(BaseModel):
    """The worker that runs a task."""

    lease: str = Field(description="The worker and its boot: another one after a restart.")
    name: str = Field(description="The worker's node name, such as celery@host.")
    task: str | None = Field(
        default=None, description="Of an eager run only: the task in whose body it runs."
    )
    run: int | None = Field(
        default=None, description="Number of the run in its worker; null where it is not known."
    )
    clock_ahead_s: float = Field(
        default=0,
        description="How far the worker's clock was ahead of the store's when the run began; not "
        "there below a second.",
    )


class Delivery(BaseModel):
    """What the broker may do with the task's message."""

    eta: str | None = Field(description="The task does not begin before it.")
    expires: str | None = Field(description="The task does not begin after it.")
    again_s: float | None = Field(
        description="Seconds after which the broker gives the message out again if the run does "
        "not acknowledge it; null: it was acknowledged before the run."
    )


class Control(BaseModel):
    """The newest request for a pause, a cancel or an end by force."""

    action: Literal["pause", "cancel", "end"] = Field(description="What was asked for.")
    by: str | None = Field(description='"api", "cli", "celery", "task" (itself) or who asked.')
    reason: str | None = Field(description="What was given as the reason.")
    at: str = Field(description="When.")
    heeded_at: str | None = Field(
        default=None,
        description="When its run did so: it waits, or it has ended. Null until then; where no "
        "worker runs it, at once.",
    )


class Membership(BaseModel):
    """A task's place in workflows: all tasks that one chain, group or chord starts, and those that
    these start in turn."""

    id: str = Field(description="Id of the outermost workflow, which its caller holds.")
    canvas: str | None = Field(
        default=None,
        description="Id of the chain, group or chord within it that the task is part of; only "
        "where that is another.",
    )
    generation: int = Field(
        description="How many bodies published one another before this task, from 0."
    )
    share: int = Field(description="How much of it is done, in thousandths; it never falls.")
    unseen: bool = Field(
        default=False,
        description="Only as true: tasks without a record may run before it. Its plan waits for "
        "them.",
    )


class TaskBody(BaseModel):
    """A task's record. Times are ISO 8601 with milliseconds and offset."""

    task_id: TaskId
    task_type: TaskType
    symbol: Symbol
    status: TaskState
    progress: Progress = Field(description="Items done so far, and of how many.")
    current_status: str = Field(description="The text to show.")
    start_time: str | None = Field(description="When its first run began; null before that.")
    updated_at: str | None = Field(description="When it last changed; null before anything did.")
    end_time: str | None = Field(description="When it ended; null before that.")
    processing_time_ms: int | None = Field(
        description="From start to end, or to the last update; null before the start."
    )
    error_message: str | None = Field(description="What went wrong.")
    results: dict[str, Any] = Field(description="What the job recorded as its results.")
    processing_details: dict[str, Any] = Field(
        description="What the job says besides; processing_rate and estimated_remaining are "
        "computed if it says nothing of them."
    )
    metadata: dict[str, Any] = Field(description="What was given when it was created.")
    created_at: str | None = Field(
        description="When the record was made, by the store's clock; null if that is not known."
    )
    estimated_completion: Ending
    attempt: int = Field(description="Number of the run; a retry or redelivery makes a new one.")
    attempt_started_at: str | None = Field(description="When this run began; null before that.")
    retries: int = Field(description="How often Celery has retried it.")
    worker: Worker | None = Field(
        description="Who runs it, or ran it last; null while it waits for its next run."
    )
    delivery: Delivery | None = Field(
        description="What the broker may do with its message; null where nothing is to be said."
    )
    parent_id: str | None = Field(description="Id of the task that sent it, as Celery has it.")
    root_id: str | None = Field(description="Id of the first task of its workflow.")
    group_id: str | None = Field(description="Id of the group that it was sent in.")
    workflow: Membership | None = Field(
        default=None, description="The workflows that it belongs to; not there of a single task."
    )
    planned: bool = Field(
        default=False,
        description="Only as true: its message has not left, or had not when it ended; a step "
        "before it sends it.",
    )
    keeps_results: bool = Field(
        default=True, description="Only as false: what the task returns is not recorded."
    )
    error_cause: str | None = Field(
        description="Why an error is one: exception, time_limit, worker_lost, rejected, lost, "
        "not_published, unknown_task, internal_error, upstream (a step before it has not "
        "completed), never_published (its workflow went on no more), reported (by HTTP or a "
        "service), unreadable (only in lists)."
    )
    control: Control | None = Field(
        description="Who paused, cancelled or ended it by force; null otherwise."
    )
    rate: float | None = Field(description="Items a second, smoothed; null while unknown.")
    clock_behind_s: float | None = Field(
        default=None,
        description="How far the slowest clock of its workers was behind the store's as they began "
        "it; not there until one has told.",
    )
    clock_back_s: float = Field(
        default=0,
        description="How far the store's clock was set back while the task ran: its times go on as "
        "they began. Not there otherwise.",
    )
    estimated_details: list[str] = Field(
        description="Names in processing_details that were computed, not given."
    )
    detail: str | None = Field(
        default=None,
        description="In lists, of a task whose record cannot be read: what is wrong with it. Its "
        "status is error, its error_cause unreadable; nothing else is known. Not there otherwise.",
    )
    may_come_again_until: str | None = Field(
        description="Of an end that may be taken back: until when the message may come again, or "
        "the run speak again. Also of a run that ended without an end."
    )
    final: bool = Field(description="Whether the task has ended for good.")
    revision: int = Field(description="Counts the changes of the record.")


class Created(BaseModel):
    """A new task."""

    task_id: TaskId
    status: TaskState
    task_type: TaskType
    symbol: Symbol
    total_items: int | None = Field(description="Items to be processed; null if unknown.")
    created_at: CreatedAt
    estimated_completion: Ending


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

    task_id: TaskId
    task_type: TaskType
    error_message: str | None = Field(description="What went wrong.")
    error_cause: str | None = Field(description="As in the task's record.")
    end_time: str | None = Field(description="When it ended.")


class Asked(BaseModel):
    """What a caller asks of a whole workflow."""

    action: Literal["pause", "cancel"] = Field(description="What was asked for.")


class WorkflowBody(BaseModel):
    """All tasks that one chain, group or chord starts, and those that these start in turn, as one.
    Times are ISO 8601 with milliseconds and offset."""

    task_id: str = Field(description="As workflow_id: the names of a task's body are here too.")
    workflow_id: str = Field(description="The id of the result that apply_async returned.")
    task_type: Literal["workflow"] = Field(description="Always this word.")
    name: str | None = Field(description='What it does, such as "fetch ×8 → merge".')
    symbol: Symbol
    status: Status = Field(
        description="While any member is open: cancelled if that was asked of the workflow, paused "
        "if members wait for a person and none runs, running once any has begun, else created. "
        "After that: error if any failed, cancelled if any was, else completed."
    )
    progress: Progress = Field(
        description="Members that have ended, and all; the percentage is that of their work, below "
        "100 until all have ended, and falls only where members were added."
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
    estimated_completion: Ending
    control: Asked | None = Field(description="What is asked of all of it; null otherwise.")
    may_come_again_until: str | None = Field(description="Null: members have it.")
    final: bool = Field(
        description="Whether all members have ended; a member whose message comes again, or a new "
        "one, opens it again."
    )
    revision: int = Field(description="Counts the changes of all members.")


class Pagination(BaseModel):
    """Which page of how many."""

    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Tasks a page.")
    total: int = Field(description="Tasks that pass the filters.")
    pages: int = Field(description="Pages in all; 1 where there is nothing.")


class Summary(BaseModel):
    """How many tasks have each status, whatever the filter; with workflow_id, how many of its
    members."""

    created: Count
    running: Count
    paused: Count
    completed: Count
    error: Count
    cancelled: Count


class Row(TaskBody):
    """A task in a list: its record, or what is left of it where callers gave it much."""

    results: dict[str, Any] | None = Field(  # type: ignore[assignment]
        default=None, description="As in the record; may be omitted."
    )
    processing_details: dict[str, Any] | None = Field(  # type: ignore[assignment]
        default=None, description="As in the record; may be omitted."
    )
    metadata: dict[str, Any] | None = Field(  # type: ignore[assignment]
        default=None, description="As in the record; may be omitted."
    )
    omitted: list[str] | None = Field(
        default=None,
        description="What is not in this row, since these have more than 1 KiB together; with "
        "fields=all nothing is omitted.",
    )


class TaskList(BaseModel):
    """One page of tasks, newest first."""

    tasks: list[Row] = Field(description="The tasks of this page.")
    pagination: Pagination = Field(description="Which page it is.")
    summary: Summary = Field(description="All tasks by status, whatever the filter.")


class MemoryUsage(BaseModel):
    """Of the store, not of this process."""

    tasks_in_memory: int = Field(description="Records in the store.")
    memory_usage_mb: float = Field(description="Memory in use by the store's server, in MiB.")


class Redis(BaseModel):
    """The store."""

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
    watched_tasks: int = Field(description="Tasks that somebody watches one by one.")
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
    """What is wrong."""

    detail: str = Field(description="The message.")


class Conflict(BaseModel):
    """What the task's status does not allow."""

    detail: str = Field(description="The message.")
    status: Status = Field(description="The task's status now, which is the reason.")


class Undone(BaseModel):
    """What could not be done now."""

    detail: str = Field(description="The message.")
    status: Status | None = Field(
        default=None, description="The task's status now, if the record was cancelled all the same."
    )


class Place(BaseModel):
    """What is wrong with one value."""

    type: str = Field(description="Kind of mistake, in one word.")
    loc: list[str | int] = Field(description="Where the value stands in the request.")
    msg: str = Field(description="The message.")


class Invalid(BaseModel):
    """What is wrong with the request: one text, or one entry a value."""

    detail: str | list[Place] = Field(description="In words, or one entry a value.")
