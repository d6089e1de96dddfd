"""The fields of a task's JSON, each described once: the stored document and its check, the OpenAPI
description and docs/reference.md are made from these types.

A field without a default is always written, one with a default where it has another value."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Status = Literal["created", "running", "paused", "completed", "error", "cancelled"]
WarningKind = Literal["stalled", "late"]
#: A float that stays as it was written, 1 or 1.0.
Number = int | float
#: A time as ISO 8601 text with milliseconds and offset.
Moment = Annotated[str, "time"]


def is_(meaning: str) -> Meta:
    """What a field means."""
    return Meta(description=meaning)


# fmt: off

class ItemsDone(Struct):
    """Progress of a task."""

    current: Annotated[int, is_("Items processed so far.")]
    total: Annotated[int | None, is_("Items in all; null if unknown.")]
    percentage: Annotated[Number, is_(
        "One decimal, rounded down; 0 while the total is unknown, 100 of a completed task.")]


class Control(Struct, kw_only=True, omit_defaults=True):
    """The newest request for a pause, a cancel or an end by force."""

    action: Annotated[Literal["pause", "cancel", "end"], is_("The request.")]
    by: Annotated[str | None, is_(
        '"api", "cli", "celery", "task" (itself) or the name of a caller.')]
    reason: Annotated[str | None, is_("The reason that was given.")]
    at: Annotated[Moment, is_("When.")]
    acknowledged_at: Annotated[Moment | None, is_(
        "When its run carried it out: it waits, or it has ended. Null until then; where no worker "
        "runs it, at once.")] = None


class Membership(Struct, kw_only=True, omit_defaults=True):
    """A task's place in workflows: all tasks that one chain, group or chord starts, and those that
    these start in turn."""

    id: Annotated[str, is_("Id of the outermost workflow, which its caller holds.")]
    canvas: Annotated[str | None, is_(
        "Id of the chain, group or chord within it that the task is part of; only where that is "
        "another.")] = None
    generation: Annotated[int, is_(
        "How many bodies published one another before this task, from 0.")]


class Estimate(Struct, kw_only=True, omit_defaults=True):
    """When a task is likely to end, by the last runs of its type."""

    earliest: Annotated[Moment | None, is_(
        "One run of ten ends before it; null where the runs vary too much to say.")]
    likely: Annotated[Moment, is_("The same as estimated_completion.")]
    latest: Annotated[Moment | None, is_("One run of ten ends after it; null with earliest.")]
    runs: Annotated[int, is_("How many past runs it is made from, ten at most.")]


class StartEstimate(Struct, kw_only=True, omit_defaults=True):
    """When a waiting task is likely to start, by the last runs of its type."""

    earliest: Annotated[Moment, is_("One task of ten starts before it.")]
    likely: Annotated[Moment, is_("What is most likely.")]
    latest: Annotated[Moment, is_("One task of ten starts after it.")]
    runs: Annotated[int, is_("How many past runs it is made from, ten at most.")]


class WarningTimes(Struct, kw_only=True, omit_defaults=True):
    """What is unusual about an open task, each since when."""

    stalled: Annotated[Moment | None, is_(
        "Its last value: none has come for three times the longest time between two values of its "
        "run, 30 s at least, or for its marking's stall_s, while its worker answers.")] = None
    late: Annotated[Moment | None, is_(
        "Its run takes longer than 1.25 times the slowest of its type's last ten, for its items, "
        "and 30 s at least; or than its marking's expect_s.")] = None


class TextCode(Struct, kw_only=True):
    """What a default text says, in no language."""

    code: Annotated[str, is_("Name of the text, as docs/reference.md lists them.")]
    args: Annotated[dict[str, Any], is_("The values of its blanks; a time is ISO 8601.")]


class Body(Struct, kw_only=True, omit_defaults=True):
    """A task's record. Times are ISO 8601 with milliseconds and offset."""

    task_id: Annotated[str, is_("The task's id, the same as in Celery.")]
    task_type: Annotated[str, is_("Kind of task, such as fetch_data or bulk_import.")]
    symbol: Annotated[str | None, is_(
        "Label of the task, such as a ticker, a file or a customer; null if there is none.")]
    status: Annotated[Status, is_("The task's status.")]
    progress: Annotated[ItemsDone, is_("Items done so far, and of how many.")]
    current_status: Annotated[str, is_("The text to show.")]
    start_time: Annotated[Moment | None, is_("When its first run began; null before that.")]
    updated_at: Annotated[Moment | None, is_("When it last changed; null before anything did.")]
    end_time: Annotated[Moment | None, is_("When it ended; null before that.")]
    processing_time_ms: Annotated[int | None, is_(
        "From start to end, or to the last update; null before the start.")]
    error_message: Annotated[str | None, is_("What went wrong.")]
    results: Annotated[dict[str, Any], is_("What the job recorded as its results.")]
    processing_details: Annotated[dict[str, Any], is_(
        "Other values that the job reports; until it has ended, processing_rate and "
        "estimated_remaining are computed unless they are given.")]
    metadata: Annotated[dict[str, Any], is_("What was given when it was created.")]
    omitted: Annotated[list[str], is_(
        "Of a list's row alone: which of results, processing_details and metadata it leaves out, "
        "since these have more than 1 KiB together; with fields=all nothing is omitted.")] = []
    checkpoint: Annotated[str | None, is_(
        "From where the next attempt goes on, as JSON text: a digest of the task's arguments, the "
        "value that the job gave, and the items that each resumable loop has done. With fields=all "
        "alone; not there where the job gave none, and after a completion.")] = None
    created_at: Annotated[Moment | None, is_(
        "When the record was made, by the store's clock; null if that is not known.")]
    estimated_completion: Annotated[Moment | None, is_(
        "Estimated time of its end; null where there is no estimate.")]
    estimate: Annotated[Estimate | None, is_(
        "The range of its end, while it runs, from four runs of its type on.")] = None
    waited_ms: Annotated[int | None, is_(
        "How long it waited for its first start: since its creation, its eta, or the end of the "
        "step before it. Not there before that, and where its start made the record.")] = None
    ahead: Annotated[int | None, is_(
        "Of a task that waits, where it is read by its id: how many tasks of its type were created"
        " before it and have not begun. Not there with an eta, of a planned one, and of one that "
        "Celery has not published.")] = None
    start_estimate: Annotated[StartEstimate | None, is_(
        "The range of its start, beside ahead, where past runs tell it.")] = None
    usual_ms: Annotated[int | None, is_(
        "Of a task that has ended, where it is read by its id: how long the last runs of its type "
        "took for as many items, the median. Not there without another run.")] = None
    attempt: Annotated[int, is_("Number of the run; a retry or redelivery makes a new one.")]
    attempt_started_at: Annotated[Moment | None, is_(
        "When this run began; of the first one start_time says so.")] = None
    retries: Annotated[int, is_("How often Celery has retried it, if it has.")] = 0
    worker: Annotated[str | None, is_(
        "Name of the worker that runs it, or ran it last, such as celery@host; not there while it "
        "waits for its next run.")] = None
    eta: Annotated[Moment | None, is_("The task does not begin before it.")] = None
    expires: Annotated[Moment | None, is_("The task does not begin after it.")] = None
    parent_id: Annotated[str | None, is_("Id of the task that sent it, as Celery has it.")] = None
    root_id: Annotated[str | None, is_(
        "Id of the first task of its workflow, if that is another.")] = None
    group_id: Annotated[str | None, is_("Id of the group that it was sent in.")] = None
    workflow: Annotated[Membership | None, is_(
        "The workflows that it belongs to; not there of a single task.")] = None
    planned: Annotated[bool, is_(
        "Only as true: its message has not left, or had not when it ended; a step before it sends "
        "it.")] = False
    owner: Annotated[str | None, is_(
        "Its owner, by which lists and callers are limited; absent without one.")] = None
    traceparent: Annotated[str | None, is_(
        "W3C trace context of the newest run's message, as OpenTelemetry puts it there: version, "
        "trace id, span id and flags; not there without one.")] = None
    error_cause: Annotated[str | None, is_(
        "Why an error is one: exception, time_limit, worker_lost, rejected, lost, not_published, "
        "unknown_task, internal_error, upstream (a step before it has not completed), "
        "never_published (its workflow went on no more), reported (by HTTP or a service), "
        "unreadable (only in lists).")] = None
    control: Annotated[dict[str, Any] | None, is_(
        "The newest request to pause, cancel or end it.")] = None
    rate: Annotated[Number | None, is_(
        "Items a second, smoothed; of a completed task their average. Not there until two seconds "
        "of work.")] = None
    warnings: Annotated[WarningTimes | None, is_(
        "What is out of the ordinary of it, which the next value, another status or a new run "
        "takes back; a value takes only stalled back. Not there while nothing is.")] = None
    message_code: Annotated[dict[str, Any] | None, is_(
        "What current_status says; only where it is a default text.")] = None
    error_code: Annotated[dict[str, Any] | None, is_(
        "What error_message says; only where it is a default text.")] = None
    estimated_details: Annotated[list[str], is_(
        "Names in processing_details that were computed, not given.")] = []
    may_come_again_until: Annotated[Moment | None, is_(
        "Of an end that may be taken back: until when the message may come again, or the run write"
        " again. Also of a run that ended without an end.")] = None
    final: Annotated[bool, is_("Whether the task has ended for good.")]
    revision: Annotated[int, is_("Counts the changes of the record.")]
    detail: Annotated[str | None, is_(
        "Of a list's row alone, where the record cannot be read: what is wrong with it. Its status "
        "is error, its error_cause unreadable; nothing else is known.")] = None


class Bookkeeping(Struct, kw_only=True, omit_defaults=True):
    """What this library keeps of a task for itself."""

    #: The version of the stored form; what a newer one has besides is kept.
    v: int
    #: The worker and its boot: another one after a restart.
    lease: str | None = None
    #: Of an eager run only: the task that it runs in.
    eager_in: str | None = None
    #: Number of the run in its worker.
    run: int | None = None
    #: When the newest run began, where the body has another time or none.
    began: Moment | UnsetType | None = UNSET
    #: Whether root_id is the task's own id.
    own_root: bool = False
    #: Seconds after which the broker gives the message out again if the run does not acknowledge
    #: it; None: it was acknowledged before the run.
    again_s: Number | None = None
    #: How many runs before the newest are known to have lost their process, since the last that
    #: ended otherwise.
    lost_runs: int = 0
    #: Whether a delivery is known of which nothing else is.
    delivery: bool = False
    #: How much of a workflow's member is done, in thousandths; it never falls.
    share: int = 0
    #: Whether tasks without a record may run before a workflow's member.
    unseen: bool = False
    #: Ids of the newest requests about its workflows as a whole that the task has followed.
    acts: list[str] = []
    #: Whether what the task returns is recorded.
    keeps_results: bool = True
    #: What the newest run has done since its first value: items, seconds of work that they took,
    #: seconds from the run's start to the last of them (and each pause since), and the most seconds
    #: from one value with new items to the next; then for 25 and 50 % of all items, as far as it
    #: has come, the seconds of work until then and those that were expected from then on.
    work: list[Number] | None = None
    #: What past runs of its type say, as of the newest run's first rate: how many they were; from
    #: four on, for 25 and 50 % of the items, by which factors the rest is at least and at most
    #: longer than expected, each 0 where too few runs tell.
    usual: list[Number] | None = None
    #: Seconds of work after which a run is late, as its marking says.
    expect_s: Number | None = None
    #: Seconds without a value after which a run is stalled, as its marking says.
    stall_s: Number | None = None


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
