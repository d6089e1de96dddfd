"""The fields of the API's other answers, each described once, as those of a task in `fields`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Struct, field

from .act_refusal import Code
from .fields import Body, Estimate, Moment, Status, WarningTimes, is_
from .timeline import TimelineEntry
from .workflow_fields import OF_TASK, WorkflowRow

OwnCount = Annotated[int | None, is_("How many tasks have this status.")]
Connection = Annotated[
    Literal["connected", "disconnected"], is_("Whether the connection works now.")
]

# fmt: off

class Problem(Struct):
    """An error as one message."""

    detail: Annotated[str, is_("The message.")]


class Conflict(Struct):
    """A request that the task's status does not allow."""

    detail: Annotated[str, is_("The message.")]
    status: Annotated[Status, is_("The task's current status, which is the reason.")]


class Undone(Struct, omit_defaults=True):
    """A request that could not be carried out now."""

    detail: Annotated[str, is_("The message.")]
    status: Annotated[Status | None, is_(
        "The task's current status, if the record was cancelled nevertheless.")] = None


class Place(Struct):
    """A value of the request that is invalid."""

    type: Annotated[str, is_("The kind of error, as one word.")]
    loc: Annotated[list[str | int], is_("The path of the value in the request.")]
    msg: Annotated[str, is_("The message.")]


class Invalid(Struct):
    """A request that is invalid."""

    detail: Annotated[str | list[Place], is_("One message, or one entry for each invalid value.")]


class ShareToken(Struct):
    """A token with which a browser may read one task."""

    token: Annotated[str, is_("The token. The API does not store it and does not send it again.")]
    expires_at: Annotated[str, is_("When the token expires.")]


class CreatedTask(Struct, omit_defaults=True):
    """A new task."""

    task_id: Annotated[str, OF_TASK["task_id"]]
    status: Annotated[Status, OF_TASK["status"]]
    task_type: Annotated[str, OF_TASK["task_type"]]
    symbol: Annotated[str | None, OF_TASK["symbol"]]
    total_items: Annotated[int | None, is_("Number of items to process; null if unknown.")]
    created_at: Annotated[str, is_("When the record was created, by Redis's clock.")]
    estimated_completion: Annotated[str | None, OF_TASK["estimated_completion"]]
    estimate: Annotated[Estimate | None, OF_TASK["estimate"]]
    share: Annotated[ShareToken | None, is_(
        "The share token; only if the request had share.")] = None

    @classmethod
    def of(cls, record: Body, share: ShareToken | None = None) -> CreatedTask:
        """The answer to the creation of a record (specification 2.1)."""
        names = [name for name in cls.__struct_fields__ if name not in ("total_items", "share")]
        its = {name: getattr(record, name) for name in names}
        return cls(**its, total_items=record.progress.total, share=share)


class Job(Struct):
    """A task that the caller may start."""

    name: Annotated[str, is_("Its name, as in POST /internal/jobs/{name}.")]
    title: Annotated[str, is_("The first sentence of its docstring, or its name.")]
    description: Annotated[str, is_("Its docstring.")]
    arguments: Annotated[dict[str, Any], is_(
        "JSON Schema of its keyword arguments.")] = field(name="schema")


class Jobs(Struct):
    """The jobs that the caller may start."""

    jobs: Annotated[list[Job], is_("By name.")]


class TaskPagination(Struct):
    """The page of a list of tasks, and the number of pages."""

    page: Annotated[int, is_("Number of this page, from 1.")]
    limit: Annotated[int, is_("Rows per page.")]
    total: Annotated[int | None, is_(
        "Number of rows that pass the filters; null if the API searches the tasks without an "
        "index.")]
    pages: Annotated[int | None, is_(
        "Number of pages; 1 if the list is empty, null if total is null.")]


class Summary(Struct):
    """Number of tasks by status, independent of other filters. With workflow_id it counts only the
    workflow's members, with owner only the owner's tasks. Null for a caller that may see only one
    owner's tasks of one type."""

    created: OwnCount
    running: OwnCount
    paused: OwnCount
    completed: OwnCount
    error: OwnCount
    cancelled: OwnCount


class TaskList(Struct, omit_defaults=True):
    """One page of tasks, newest first; with top=true also workflows."""

    tasks: Annotated[list[Body | WorkflowRow], is_(
        "The tasks of this page. Only with top=true some rows are workflows; these have "
        "workflow_id.")]
    pagination: Annotated[TaskPagination, is_("Which page it is.")]
    summary: Annotated[Summary, is_("Number of all tasks by status, independent of filters.")]
    cursor: Annotated[str | None, is_(
        "Only if total is null and there may be more rows: the cursor of the next request.")] = None


class TaskLogLine(Struct):
    """A line of a task's log."""

    id: Annotated[int, is_("Number of the line in the log, from 1.")]
    time: Annotated[datetime, is_("When the line was written, by the clock of its process; UTC.")]
    level: Annotated[Literal["debug", "info", "warning", "error", "critical"], is_(
        "The log level.")]
    attempt: Annotated[int | None, is_("The run that wrote the line.")]
    text: Annotated[str, is_("The line's text; cut at 2,000 characters.")]


class TaskLog(Struct):
    """Lines of a task's log, the newest last."""

    task_id: Annotated[str, is_("The task's id.")]
    first: Annotated[int | None, is_("Id of the oldest line that is kept; null without lines.")]
    last: Annotated[int | None, is_("Id of the newest line; null without lines.")]
    lines: Annotated[list[TaskLogLine], is_("The requested lines.")]


class StackRequested(Struct):
    """A request for the stack of a job."""

    task_id: Annotated[str, OF_TASK["task_id"]]
    requested_at: Annotated[str, is_("When the request was recorded, by Redis's clock.")]


class TaskTimeline(Struct):
    """What happened to a task."""

    task_id: Annotated[str, is_("The task's id.")]
    gone: Annotated[int, is_("How many old entries were removed; the newest 12 KiB are kept.")]
    entries: Annotated[list[TimelineEntry], is_("The entries, oldest first.")]


class Refused(Struct):
    """A task for which the request was refused."""

    task_id: Annotated[str, OF_TASK["task_id"]]
    code: Annotated[Code, is_(
        "The task's status, if the status does not allow the request. not_found: there is no "
        "record. forbidden: the caller may not change the task. changed_by_others: other writers "
        "changed the record at each try; send the request again. too_large: the record would be "
        "too large. unreadable: the stored value is not a record. failed: any other reason.")]
    why: Annotated[str, is_("The reason as an English sentence.")]


class ActedOn(Struct):
    """The result of a request for many tasks."""

    requested: Annotated[int, is_("Number of tasks for which the request was recorded.")]
    refused: Annotated[list[Refused], is_("The other tasks.")]
    refused_counts: Annotated[dict[str, int], is_(
        "Number of refused tasks by code, most frequent first.")]


class HeldTask(Struct):
    """A task that a worker runs."""

    task_id: Annotated[str, OF_TASK["task_id"]]
    task_type: Annotated[str, OF_TASK["task_type"]]
    symbol: Annotated[str | None, OF_TASK["symbol"]]
    status: Annotated[Status, OF_TASK["status"]]
    percentage: Annotated[float, is_("The task's progress in percent.")]
    start_time: Annotated[Moment | None, is_("When this run started.")]
    warnings: Annotated[WarningTimes | None, is_("The warnings about the task.")]


class Held(Struct):
    """The tasks that a worker runs."""

    total: Annotated[int, is_("How many there are.")]
    tasks: Annotated[list[HeldTask], is_(
        "The oldest tasks: up to 20, or fewer if there are more than 100 workers.")]


class WorkerRow(Struct):
    """A worker, as its lease describes it."""

    name: Annotated[str, is_("Name of the Celery node, such as celery@host.")]
    last_sign_at: Annotated[str | None, is_(
        "When the worker last renewed its lease; null after it has shut down.")]
    live: Annotated[bool, is_(
        "Whether its lease is valid. If not, the worker has shut down or is lost.")]
    slots: Annotated[int | None, is_("How many tasks it runs at most; null if unknown.")]
    holds: Annotated[Held, is_("The tasks that it runs.")]


class OpenTasks(Struct):
    """The tasks of a type that wait or run."""

    task_type: Annotated[str | None, is_("The type; null for all types together.")]
    tasks: Annotated[int, is_("How many there are.")]
    estimated: Annotated[int, is_("For how many of these tasks there is an estimate.")]
    estimate: Annotated[Estimate | None, is_(
        "When the last of the estimated tasks ends, from the last ten runs of each type. Null if "
        "there are too few runs, or if the tasks do not wait for each other.")]


class WorkerList(Struct):
    """The workers that track tasks."""

    workers: Annotated[list[WorkerRow], is_(
        "Up to 500 workers with the newest leases: living workers first, then by name.")]
    total: Annotated[int, is_("How many there are.")]
    oldest_wait_ms: Annotated[int | None, is_(
        "How long the oldest waiting task has waited, without planned tasks and tasks with a "
        "later eta. Null if no task waits.")]
    types: Annotated[list[str], is_("The types of records that have run, sorted by name.")]
    open: Annotated[list[OpenTasks], is_(
        "Waiting and running tasks: of all types first, then of each type that has run.")]
    still_running: Annotated[int, is_("Tasks ended by a request that a worker still runs.")]
    failed_last_hour: Annotated[int, is_("Tasks that ended with an error in the last hour.")]
    stalled: Annotated[int, is_("Tasks with this warning.")]
    late: Annotated[int, is_("Tasks with this warning.")]
    at: Annotated[str, is_("When this was read, by Redis's clock.")]


class TypeFigures(Struct):
    """What the tasks of a type came to, since Redis was empty."""

    task_type: Annotated[str, is_("The type; `other` for all types after the first 100.")]
    completed: Annotated[int, is_("Ends as completed.")]
    cancelled: Annotated[int, is_("Ends as cancelled.")]
    errors: Annotated[dict[str, int], is_("Ends as error, by error_cause.")]
    success_share: Annotated[float | None, is_(
        "Share of completed among completed and error, 0 to 1.")]
    corrected: Annotated[int, is_(
        "Ends after which the task continued, or got another final state.")]
    attempts: Annotated[int, is_("Retries and redeliveries.")]
    wait_mean_ms: Annotated[float | None, is_("Mean time until the first start; null if unknown.")]
    wait_median_ms: Annotated[float | None, is_(
        "Median time until the first start, interpolated between the bounds 0, 0.1, 1, 10, 60, "
        "300 and 900 s, so at most 900 s.")]
    run_mean_ms: Annotated[float | None, is_("Mean time of a successful run; null if unknown.")]
    run_median_ms: Annotated[float | None, is_(
        "Median time of a successful run, interpolated between the bounds 0, 0.1, 1, 10, 60, 600 "
        "and 3,600 s, so at most 3,600 s.")]
    last_success_at: Annotated[str | None, is_("When a task last completed; null before that.")]


class Stats(Struct):
    """Figures by task type."""

    types: Annotated[list[TypeFigures], is_("The types that have run, sorted by name.")]
    at: Annotated[str, is_("When this was read, by Redis's clock.")]


class MemoryUsage(Struct):
    """Memory of Redis, not of this process."""

    tasks_in_memory: Annotated[int, is_("Number of records in Redis.")]
    memory_usage_mb: Annotated[float, is_("Memory that Redis uses, in MiB.")]


class Redis(Struct, omit_defaults=True):
    """The store's server."""

    status: Connection
    response_time_ms: Annotated[float | None, is_("Milliseconds until Redis replied.")]
    key_prefix: Annotated[str | None, is_(
        "Prefix of the keys; absent while Redis does not reply.")] = None


class ListenerState(Struct):
    """This process's subscription to updates."""

    status: Connection
    watched_tasks: Annotated[int, is_(
        "Number of tasks and workflows that clients watch individually.")]
    watchers: Annotated[int, is_("Number of sockets and event streams that watch them.")]


class Dependencies(Struct, omit_defaults=True):
    """State of the service's dependencies."""

    redis: Annotated[Redis, is_("State of Redis.")]
    listener: Annotated[ListenerState | None, is_(
        "State of this API process's subscription to updates.")] = None


class Health(Struct, kw_only=True, omit_defaults=True):
    """Health of the service."""

    status: Annotated[Literal["healthy", "degraded", "unhealthy"], is_(
        "healthy: all works. degraded: reads work, and reason names what does not. unhealthy: "
        "Redis does not reply.")]
    reason: Annotated[str | None, is_("Why the service is degraded.")] = None
    version: Annotated[str, is_("Version of progress-backend.")]
    active_tasks: Annotated[int, is_("Tasks that are running.")]
    total_tasks_today: Annotated[int, is_("Tasks created since midnight of the configured zone.")]
    memory_usage: Annotated[MemoryUsage, is_("What Redis holds.")]
    dependencies: Annotated[Dependencies, is_("State of Redis and of the subscription.")]


class Alive(Struct):
    """The process answers."""

    status: Annotated[Literal["alive"], is_("Always this word.")]
