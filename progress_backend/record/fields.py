"""The fields of a task's JSON, each described once: the stored document and its check, the OpenAPI
description and docs/reference.md are made from these types.

A field without a default is always written, one with a default where it has another value."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from .work import Amount, Work

Status = Literal["created", "running", "paused", "completed", "error", "cancelled"]
WarningKind = Literal["stalled", "late"]
#: A float that stays as it was written, 1 or 1.0.
Number = int | float
#: A count; one of more than 64 bits cannot be divided by any rate.
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
#: A time as ISO 8601 text with milliseconds and offset.
TIME: Final = "time"
Moment = Annotated[str, TIME]


def is_(meaning: str) -> Meta:
    """What a field means."""
    return Meta(description=meaning)


# fmt: off

class ItemsDone(Struct):
    """Progress of a task."""

    current: Annotated[Whole, is_("Items processed so far.")]
    total: Annotated[Whole | None, is_("Number of items; null if unknown.")]
    percentage: Annotated[Number, is_(
        "One decimal, rounded down. 0 while the total is unknown, 100 when the task is completed.")]


class Control(Struct, kw_only=True, omit_defaults=True):
    """The newest request to pause, to cancel or to end the task by force."""

    action: Annotated[Literal["pause", "cancel", "end"], is_("The request.")]
    by: Annotated[str | None, is_(
        '"api", "cli", "celery", "task" (the job itself) or the name of a caller.')]
    reason: Annotated[str | None, is_("The reason that was given.")]
    message: Annotated[str | None, is_(
        "The message of a pause request. The record shows it until the run's next value after the "
        "pause.")] = None
    at: Annotated[Moment, is_("When.")]
    acknowledged_at: Annotated[Moment | None, is_(
        "When the run acknowledged the request, because it waits or has ended; null until then. "
        "If no worker runs the task: the same time as at.")] = None
    second_run_at: Annotated[Moment | None, is_(
        "Only for the pause of a run with acks_late: if the task is still paused at this time, "
        "the broker delivers its message again, to a second run.")] = None


class Membership(Struct, kw_only=True, omit_defaults=True):
    """A task's place in its workflow. A workflow is all tasks that one chain, group or chord
    starts, and the tasks that these start."""

    id: Annotated[str, is_(
        "Id of the outermost workflow: the id of the result that apply_async returned.")]
    canvas: Annotated[str | None, is_(
        "Id of the inner chain, group or chord that the task is part of; absent if that is the "
        "outermost workflow.")] = None
    generation: Annotated[int, is_(
        "0 for a task that the caller published, 1 for a task that a task of generation 0 "
        "published from its body, and so on.")]


class Estimate(Struct, kw_only=True, omit_defaults=True):
    """When a task is likely to end, estimated from the last runs of its type."""

    earliest: Annotated[Moment | None, is_(
        "One run in ten ends before this time. Null if the runs vary too much.")]
    likely: Annotated[Moment, is_("The same as estimated_completion.")]
    latest: Annotated[Moment, is_("One run in ten ends after this time.")]
    runs: Annotated[int, is_(
        "Number of past runs that the estimate comes from, ten at most. If it comes from a "
        "workflow's own pace, the number of ended members.")]


class StartEstimate(Struct, kw_only=True, omit_defaults=True):
    """When a waiting task is likely to start, estimated from the last runs of its type."""

    earliest: Annotated[Moment, is_("One task in ten starts before this time.")]
    likely: Annotated[Moment, is_("The most likely time.")]
    latest: Annotated[Moment, is_("One task in ten starts after this time.")]
    runs: Annotated[int, is_("How many past runs it is made from, ten at most.")]


class WarningTimes(Struct, kw_only=True, omit_defaults=True):
    """Warnings about an open task, each with the time since when it holds."""

    stalled: Annotated[Moment | None, is_(
        "The time of the last value. The worker is alive, but the run has written no value for "
        "stall_s. Without stall_s: for three times its longest time between two values, and at "
        "least 30 s.")] = None
    late: Annotated[Moment | None, is_(
        "Since when the run takes longer than expect_s. Without expect_s: longer than 30 s, and "
        "than 1.25 times the slowest of the last ten runs of its type, for as many items.")] = None


class TextCode(Struct, kw_only=True):
    """A default text as a code with values, for any language."""

    code: Annotated[str, is_("Name of the text; docs/statuses.md lists the names.")]
    args: Annotated[dict[str, Any], is_("The values in the text; a time is ISO 8601.")]


class Link(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link to what the job has made."""

    url: Annotated[str, is_("http:// or https://, or a path on the API's origin.")]
    title: Annotated[str | None, is_("The text to show; absent if the job gave none.")] = None
    expires_at: Annotated[Moment | None, is_(
        "When the link stops working; absent if the job gave no time.")] = None


class Body(Struct, kw_only=True, omit_defaults=True):
    """A task's record. Times are ISO 8601 with milliseconds and offset."""

    task_id: Annotated[str, is_("The task's id, the same as in Celery.")]
    task_type: Annotated[str, is_("Kind of task, such as fetch_data or bulk_import.")]
    symbol: Annotated[str | None, is_(
        "Label of the task, such as a ticker, file or customer; null if there is none.")]
    status: Annotated[Status, is_("The task's status.")]
    progress: Annotated[ItemsDone, is_("Items processed so far, and their total.")]
    current_status: Annotated[str, is_("The text to show.")]
    start_time: Annotated[Moment | None, is_("When the first run started; null before that.")]
    updated_at: Annotated[Moment | None, is_(
        "When the record last changed; null before the first change.")]
    end_time: Annotated[Moment | None, is_("When the task ended; null before that.")]
    processing_time_ms: Annotated[int | None, is_(
        "Milliseconds from start to end, or to the last update; null before the start.")]
    error_message: Annotated[str | None, is_("The error in one line; null without an error.")]
    results: Annotated[dict[str, Any], is_("The results that the job recorded.")]
    processing_details: Annotated[dict[str, Any], is_(
        "Other values that the job recorded. If it recorded no processing_rate or "
        "estimated_remaining, the library computes them until the task ends.")]
    metadata: Annotated[dict[str, Any], is_(
        "The metadata that was given when the record was created.")]
    omitted: Annotated[list[str], is_(
        "Only in rows of lists: the names of results, processing_details and metadata, if the row "
        "omits them because they have more than 1 KiB together. With fields=all it omits "
        "nothing.")] = []
    checkpoint: Annotated[str | None, is_(
        "Where the next attempt resumes, as a JSON string: a digest of the task's arguments, the "
        "value that the job saved, and the number of items that each loop with resume has "
        "processed. Only with fields=all. Absent if the job saved no checkpoint, and after the "
        "task completed.")] = None
    created_at: Annotated[Moment | None, is_(
        "When the record was created, by Redis's clock; null if unknown.")]
    estimated_completion: Annotated[Moment | None, is_(
        "Estimated time of the end; null without an estimate.")]
    estimate: Annotated[Estimate | None, is_(
        "The range of the estimated end. Only while the task runs, and if at least four runs of "
        "its type are known.")] = None
    waited_ms: Annotated[int | None, is_(
        "Milliseconds that the task waited for its first start: since its creation, its eta, or "
        "the end of the step before it. Absent before the start, and if the start created the "
        "record.")] = None
    ahead: Annotated[int | None, is_(
        "Only if a waiting task is read by its id: how many tasks of its type were created "
        "earlier and have not started. Absent for a task with an eta, a planned task, and a task "
        "that Celery has not published.")] = None
    start_estimate: Annotated[StartEstimate | None, is_(
        "The range of the estimated start. Only if ahead is present, enough past runs are known, "
        "and the range has not passed.")] = None
    usual_ms: Annotated[int | None, is_(
        "Only if an ended task is read by its id: the median time of the last runs of its type in "
        "milliseconds, for as many items. Absent without another run.")] = None
    attempt: Annotated[int, is_(
        "Number of the run, from 1. Each retry or redelivery starts a new run.")]
    attempt_started_at: Annotated[Moment | None, is_(
        "When this run started. Absent for the first run, which has start_time.")] = None
    retries: Annotated[int, is_("How many times Celery has retried the task.")] = 0
    worker: Annotated[str | None, is_(
        "Name of the worker that runs the task or ran it last, such as celery@host. Absent while "
        "the task waits for its next run.")] = None
    eta: Annotated[Moment | None, is_("The task does not start before this time.")] = None
    expires: Annotated[Moment | None, is_("The task does not start after this time.")] = None
    parent_id: Annotated[str | None, is_("Id of the task that published it, as in Celery.")] = None
    root_id: Annotated[str | None, is_(
        "Id of the first task of its workflow; absent if that is this task.")] = None
    group_id: Annotated[str | None, is_("Id of the group that it was published in.")] = None
    workflow: Annotated[Membership | None, is_(
        "The workflow that the task belongs to; absent for a single task.")] = None
    planned: Annotated[bool, is_(
        "true until an earlier step of the workflow publishes the task's message. It stays true "
        "if the task ends before that step. Absent otherwise.")] = False
    owner: Annotated[str | None, is_(
        "The owner of the task. Lists and tokens can be limited to an owner.")] = None
    traceparent: Annotated[str | None, is_(
        "W3C trace context of the newest run's message, as OpenTelemetry wrote it: version, trace "
        "id, span id and flags.")] = None
    again: Annotated[bool | None, is_(
        "Only for a task that other programs may start: whether its arguments are kept, so that it "
        "can be run again.")] = None
    again_of: Annotated[str | None, is_("Id of the task that this one runs again.")] = None
    again_by: Annotated[str | None, is_("Id of the newest task that runs this one again.")] = None
    error_cause: Annotated[str | None, is_(
        "The cause of an error: exception, time_limit, worker_lost, rejected, lost, not_published, "
        "unknown_task, internal_error, upstream (an earlier step did not complete), "
        "never_published (its workflow did not continue), reported (by HTTP or a service), "
        "unreadable (only in lists).")] = None
    links: Annotated[list[Link], is_(
        "Links that the newest run gave, eight at most. Rows of lists have links only if the list "
        "has a workflow's members, 2,000 characters at most. Absent without links.")] = []
    control: Annotated[dict[str, Any] | None, is_(
        "The newest request to pause, cancel or end the task.")] = None
    rate: Annotated[Number | None, is_(
        "Items per second, smoothed; the average when the task is completed. Absent in the first "
        "two seconds of work.")] = None
    warnings: Annotated[WarningTimes | None, is_(
        "The warnings about the task. The next value removes stalled. A new run removes both "
        "warnings. Another status removes both when the run has acknowledged it. Absent without a "
        "warning.")] = None
    message_code: Annotated[dict[str, Any] | None, is_(
        "current_status as a code; only if it is a default text.")] = None
    error_code: Annotated[dict[str, Any] | None, is_(
        "error_message as a code: the code of a default text, or `given` for the job's own text. "
        "Absent for other texts.")] = None
    may_come_again_until: Annotated[Moment | None, is_(
        "Only if the task has ended and final is false: until this time the record may become "
        "running again, because the broker delivers the message again or the run writes again. "
        "Also present for a run that ended without a final state.")] = None
    final: Annotated[bool, is_(
        "Whether the task has ended and cannot become running again. Exception: a lost run "
        "continues if its worker was only frozen.")]
    revision: Annotated[int, is_("Number of changes of the record.")]
    detail: Annotated[str | None, is_(
        "Only in rows of lists, for a record that cannot be read: what is wrong with it. The "
        "status is error, error_cause is unreadable, and nothing else is known.")] = None


class Bookkeeping(Struct, kw_only=True, omit_defaults=True):
    """Fields of a task for this library alone."""

    #: The version of the stored form; fields of a newer version are kept.
    v: int
    #: The id of the worker's lease: another one after a restart.
    lease: str | None = None
    #: Only for an eager run: the task that it runs in.
    eager_in: str | None = None
    #: Number of the run in its worker.
    run: int | None = None
    #: When the newest run started, if the body has another time or none.
    began: Moment | UnsetType | None = UNSET
    #: Whether root_id is the task's own id.
    own_root: bool = False
    #: The same as in a Task, or its Member.
    again_s: Number | None = None
    lost_runs: int = 0
    share: int = 0
    unseen: bool = False
    acts: tuple[str, ...] = ()
    keeps_results: bool = True
    keeps_message: bool = False
    work: Work | None = None
    usual: tuple[Amount, ...] | None = None
    expect_s: Amount | None = None
    stall_s: Amount | None = None
    scheduled: bool = False
    #: Which of the details that are else computed the job has recorded.
    given: tuple[str, ...] = ()


class Stored(Body, kw_only=True, omit_defaults=True):
    """A record as it is in key and channel: a body, and as its last key the bookkeeping."""

    bookkeeping: Bookkeeping | None = field(default=None, name="_")

# fmt: on

#: The version of the stored form.
VERSION: Final = 1
#: Largest document in bytes: it is sent to every watching client on every update.
MAX_DOCUMENT_BYTES: Final = 256 * 1024
#: The Lua scripts return this, and the name of the Redis type, for a value that is no string.
OTHER_TYPE: Final = b"\0"
#: Fields with the caller's own values, which a list's row may omit.
GIVEN: Final = ("results", "processing_details", "metadata")
