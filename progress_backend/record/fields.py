"""The fields of a task's JSON, each described once: the stored document and its check, messages,
the OpenAPI description and docs/reference.md are made from these tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

Status = Literal["created", "running", "paused", "completed", "error", "cancelled"]
WarningKind = Literal["stalled", "late"]

#: Types whose values have other types in JSON.
_IN_JSON: Final[dict[Any, tuple[type, ...]]] = {
    datetime: (str,), Literal: (str,), float: (int, float)
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field: its name in JSON, the type of its value (a time is ISO 8601 text in JSON), and what
    it means."""

    name: str
    kind: Any
    meaning: str
    #: Its value where nothing is known of it.
    default: Any = None
    #: Written only where its value is not the default, which it has where a document is without it:
    #: a field that a later version adds is one.
    sparse: bool = False
    #: Task's attribute with its value, unless that has the same name; None for a value that is
    #: computed as the document is written.
    attribute: str | None = ""
    #: The fields of its value.
    part: Part | None = None

    def __post_init__(self) -> None:
        if self.attribute == "":
            object.__setattr__(self, "attribute", self.name)

    @property
    def is_time(self) -> bool:
        """Whether its value is a time."""
        return datetime in (self.kind, *get_args(self.kind))

    @property
    def json_types(self) -> tuple[type, ...]:
        """The types that its value may have as a JSON parser returns it."""
        kinds = get_args(self.kind) if NoneType in get_args(self.kind) else (self.kind,)
        plain = [get_origin(kind) or kind for kind in kinds]
        return tuple(found for kind in plain for found in _IN_JSON.get(kind, (kind,)))


@dataclass(frozen=True)
class Part:
    """The fields of a JSON object, and its name in the OpenAPI description."""

    name: str
    meaning: str
    fields: tuple[Field, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def times(self) -> tuple[str, ...]:
        """The names of the fields whose values are times."""
        return tuple(field.name for field in self.fields if field.is_time)

    @cached_property
    def sparse(self) -> tuple[tuple[str, Any], ...]:
        """Name and default of the fields that are written only where they have another value."""
        return tuple((field.name, field.default) for field in self.fields if field.sparse)


def compiled(
    arguments: str, values: Mapping[str, str], sparse: Sequence[tuple[str, Any]] = (), **names: Any
) -> Callable[..., dict[str, Any]]:
    """A function that makes a dictionary of expressions, without those that are `sparse` and have
    their default. It is as fast as one that is written by hand: going through a table takes a
    quarter longer, and every written value is encoded."""
    lines = [f"def make({arguments}):", " made = blank.copy()"]
    lines += [f" made[{name!r}] = {value}" for name, value in values.items() if value != "None"]
    lines += [f" if made[{name!r}] == {default!r}: del made[{name!r}]" for name, default in sparse]
    scope = {"blank": dict.fromkeys(values), **names}
    # The tables here are all that it has.
    exec("\n".join([*lines, " return made"]), scope)  # noqa: S102  # nosec B102
    make: Callable[..., dict[str, Any]] = scope["make"]
    return make


# fmt: off
PROGRESS: Final = Part("Progress", "Progress of a task.", (
    Field("current", int, "Items processed so far."),
    Field("total", int | None, "Items in all; null if unknown."),
    Field("percentage", float, "One decimal, rounded down; 0 while the total is unknown, "
          "100 of a completed task."),
))
WORKER: Final = Part("Worker", "The worker that runs a task.", (
    Field("lease", str, "The worker and its boot: another one after a restart."),
    Field("name", str, "The worker's node name, such as celery@host."),
    Field("task", str | None,
          "Of an eager run only: the task in whose body it runs.", None, sparse=True),
    Field("run", int | None,
          "Number of the run in its worker; null where it is not known.", None, sparse=True),
))
DELIVERY: Final = Part("Delivery", "What the broker may do with the task's message.", (
    Field("eta", datetime | None, "The task does not begin before it.", None),
    Field("expires", datetime | None, "The task does not begin after it.", None),
    Field("again_s", float | None,
          "Seconds after which the broker gives the message out again if the run does not "
          "acknowledge it; null: it was acknowledged before the run.", None),
    Field("lost_runs", int,
          "How many runs before the newest are known to have lost their process, since the last "
          "that ended otherwise; not there without one.", 0, sparse=True),
))
CONTROL: Final = Part("Control", "The newest request for a pause, a cancel or an end by force.", (
    Field("action", Literal["pause", "cancel", "end"], "The request."),
    Field("by", str | None, '"api", "cli", "celery", "task" (itself) or the name of a caller.'),
    Field("reason", str | None, "The reason that was given."),
    Field("at", datetime, "When."),
    Field("acknowledged_at", datetime | None,
          "When its run carried it out: it waits, or it has ended. Null until then; where no "
          "worker runs it, at once.", None, sparse=True),
))
WORKFLOW: Final = Part("Membership",
    "A task's place in workflows: all tasks that one chain, group or chord starts, and those that "
    "these start in turn.", (
    Field("id", str, "Id of the outermost workflow, which its caller holds."),
    Field("canvas", str | None,
          "Id of the chain, group or chord within it that the task is part of; only where that is "
          "another.", None, sparse=True),
    Field("generation", int, "How many bodies published one another before this task, from 0.", 0),
    Field("share", int, "How much of it is done, in thousandths; it never falls.", 0),
    Field("unseen", bool,
          "Only as true: tasks without a record may run before it.", False, sparse=True),
    Field("acts", list[str],
          "Ids of the newest requests about its workflows as a whole that it has followed; not "
          "there without one.", (), sparse=True),
))
ESTIMATE: Final = Part("Estimate", "When a task is likely to end, by the last runs of its type.", (
    Field("earliest", datetime | None,
          "One run of ten ends before it; null where the runs vary too much to say."),
    Field("likely", datetime, "The same as estimated_completion."),
    Field("latest", datetime | None, "One run of ten ends after it; null with earliest."),
    Field("runs", int, "How many past runs it is made from, ten at most."),
))
START: Final = Part("StartEstimate",
    "When a waiting task is likely to start, by the last runs of its type.", (
    Field("earliest", datetime, "One task of ten starts before it."),
    Field("likely", datetime, "What is most likely."),
    Field("latest", datetime, "One task of ten starts after it."),
    Field("runs", int, "How many past runs it is made from, ten at most."),
))
WARNINGS: Final = Part("Warnings", "What is unusual about an open task, each since when.", (
    Field("stalled", datetime | None,
          "Its last value: none has come for three times the longest time between two values of "
          "its run, 30 s at least, or for its marking's stall_s, while its worker answers.",
          None, sparse=True),
    Field("late", datetime | None,
          "Its run takes longer than 1.25 times the slowest of its type's last ten, for its items, "
          "and 30 s at least; or than its marking's expect_s.", None, sparse=True),
))
#: The specification's fields (section 3.1); at their end the caller's own values, so that a list's
#: row can cut them out.
SPECIFIED: Final = (
    Field("task_id", str, "The task's id, the same as in Celery."),
    Field("task_type", str, "Kind of task, such as fetch_data or bulk_import."),
    Field("symbol", str | None,
          "Label of the task, such as a ticker, a file or a customer; null if there is none."),
    Field("status", Status, "The task's status."),
    Field("progress", dict, "Items done so far, and of how many.", part=PROGRESS),
    Field("current_status", str, "The text to show.", attribute="message"),
    Field("start_time", datetime | None,
          "When its first run began; null before that.", attribute="started_at"),
    Field("updated_at", datetime | None, "When it last changed; null before anything did."),
    Field("end_time", datetime | None, "When it ended; null before that.",
          attribute="completed_at"),
    Field("processing_time_ms", int | None,
          "From start to end, or to the last update; null before the start."),
    Field("error_message", str | None, "What went wrong."),
    Field("results", dict[str, Any], "What the job recorded as its results."),
    Field("processing_details", dict[str, Any],
          "Other values that the job reports; processing_rate and estimated_remaining are computed "
          "unless they are given."),
    Field("metadata", dict[str, Any], "What was given when it was created."),
)
_MEANING: Final = "A task's record. Times are ISO 8601 with milliseconds and offset."
TASK: Final = Part("TaskBody", _MEANING, (
    *SPECIFIED,
    # With the caller's own values, which a list's row leaves out where they are long.
    Field("checkpoint", str | None,
          "From where the next attempt goes on, as JSON text: a digest of the task's arguments, "
          "the value that the job gave, and the items that each resumable loop has done. Not there "
          "where the job gave none, and after a completion.", None, sparse=True),
    Field("created_at", datetime | None,
          "When the record was made, by the store's clock; null if that is not known.", None),
    Field("estimated_completion", datetime | None,
          "Estimated time of its end; null where there is no estimate.", None, attribute=None),
    Field("estimate", dict | None,
          "The range of its end; null while it does not run, and before four runs of its type.",
          None, attribute=None, part=ESTIMATE),
    Field("waited_ms", int | None,
          "How long it waited for its first start: since its creation, its eta, or the end of the "
          "step before it. Null before that, and where its start made the record.", None),
    Field("ahead", int | None,
          "Of a task that waits, where it is read by its id: how many tasks of its type were "
          "created before it and have not begun. Null with an eta, and of a planned one.",
          None, attribute=None),
    Field("start_estimate", dict | None,
          "The range of its start; null where ahead is, and where past runs do not tell.",
          None, attribute=None, part=START),
    Field("attempt", int, "Number of the run; a retry or redelivery makes a new one.", 0),
    Field("attempt_started_at", datetime | None, "When this run began; null before that.", None),
    Field("retries", int, "How often Celery has retried it.", 0),
    Field("worker", dict | None,
          "The worker that runs it, or ran it last; null while it waits for its next run.", None,
          part=WORKER),
    Field("delivery", dict | None,
          "What the broker may do with its message; null where nothing is known of it.", None,
          part=DELIVERY),
    Field("parent_id", str | None, "Id of the task that sent it, as Celery has it.", None),
    Field("root_id", str | None, "Id of the first task of its workflow.", None),
    Field("group_id", str | None, "Id of the group that it was sent in.", None),
    Field("workflow", dict | None,
          "The workflows that it belongs to; not there of a single task.", None, sparse=True,
          attribute="member", part=WORKFLOW),
    Field("planned", bool,
          "Only as true: its message has not left, or had not when it ended; a step before it "
          "sends it.", False, sparse=True, attribute="unpublished"),
    Field("keeps_results", bool,
          "Only as false: what the task returns is not recorded.", True, sparse=True),
    Field("owner", str | None,
          "Whose it is, by which lists and callers are limited; not there of nobody's.",
          None, sparse=True),
    Field("traceparent", str | None,
          "W3C trace context of the newest run's message, as OpenTelemetry puts it there: version, "
          "trace id, span id and flags; not there without one.", None, sparse=True),
    Field("error_cause", str | None,
          "Why an error is one: exception, time_limit, worker_lost, rejected, lost, not_published, "
          "unknown_task, internal_error, upstream (a step before it has not completed), "
          "never_published (its workflow went on no more), reported (by HTTP or a service), "
          "unreadable (only in lists).", None),
    Field("control", dict | None,
          "The newest request to pause, cancel or end it; null without one.", None, part=CONTROL),
    Field("rate", float | None,
          "Items a second, smoothed; of a completed task their average. Null until two seconds of "
          "work.", None),
    Field("work", list[float] | None,
          "What the newest run has done since its first value, which is not there before: items, "
          "seconds of work that they took, seconds from the run's start to the last of them (and "
          "each pause since), and the most seconds from one value with new items to the next; then "
          "for 25 and 50 % of all items, as far as it has come, the seconds of work until then and "
          "those that were expected from then on. Pauses are no work.",
          None, sparse=True),
    Field("usual", list[float] | None,
          "What past runs of its type say, as of the newest run's first rate; not there before: "
          "how many they were; from four on, for 25 and 50 % of the items, by which factors the "
          "rest is at least and at most longer than expected, each 0 where too few runs tell.",
          None, sparse=True),
    Field("expect_s", float | None,
          "Seconds of work after which a run is late, as its marking says; not there otherwise.",
          None, sparse=True),
    Field("stall_s", float | None,
          "Seconds without a value after which a run is stalled, as its marking says; not there "
          "otherwise.", None, sparse=True),
    Field("warnings", dict | None,
          "What is out of the ordinary of it, which the next value, another status or a new run "
          "takes back; a value takes only stalled back. Not there while nothing is.",
          None, sparse=True, part=WARNINGS),
    Field("estimated_details", list[str],
          "Names in processing_details that were computed, not given.", (), attribute=None),
    # The last three, where `responses` looks.
    Field("may_come_again_until", datetime | None,
          "Of an end that may be taken back: until when the message may come again, or the run "
          "write again. Also of a run that ended without an end.", None, attribute=None),
    Field("final", bool, "Whether the task has ended for good.", attribute=None),
    Field("revision", int, "Counts the changes of the record.", 0),
))
# fmt: on

#: Fields with the caller's own values, which a list's row may omit.
GIVEN: Final = ("results", "processing_details", "metadata")
#: Fields in each message to sockets and event streams, in the message of an end, and in one where
#: they are not null.
SENT: Final = (
    *("task_id", "status", "progress", "current_status", "updated_at", "revision", "task_type"),
    *("symbol", "estimated_completion", "estimate", "processing_details", "rate"),
    "estimated_details",
    *("created_at", "waited_ms", "final", "may_come_again_until"),
)
SENT_AT_END: Final = ("results", "error_message")
SENT_IF_SET: Final = ("control",)
#: Fields in those messages of whose records they are part.
SENT_IF_THERE: Final = ("warnings", "owner")
