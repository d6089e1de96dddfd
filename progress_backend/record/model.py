"""A Task as the specification names it, its status and its progress."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final, NamedTuple, get_args

from msgspec import Struct, structs
from msgspec.structs import replace as replace  # noqa: PLC0414  # imported from here

from .fields import Link, Status
from .local_time import MILLISECOND
from .work import Work


def is_plain(name: str) -> bool:
    """Whether a text can be a task's id, type or symbol, whatever its length: it has no control
    characters."""
    return name.isprintable() or _CONTROLS.search(name) is None


class TaskStatus:
    """The six statuses of a task, as the specification names them; plain strings."""

    CREATED: Final = "created"
    RUNNING: Final = "running"
    PAUSED: Final = "paused"
    COMPLETED: Final = "completed"
    ERROR: Final = "error"
    CANCELLED: Final = "cancelled"


STATUSES: Final[tuple[str, ...]] = get_args(Status)
#: Statuses of a task that has ended.
ENDED: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED})

#: Longest task id in characters: an HTTP server takes a path of that length, even with each
#: character escaped.
MAX_ID: Final = 4_096

#: Largest count: the largest integer that a JavaScript client reads exactly.
MAX_ITEMS: Final = 2**53 - 1

#: Longest owner in characters.
MAX_OWNER: Final = 200

#: Characters that no id, type or symbol has, since they could forge a log line or move a terminal's
#: cursor: C0, DEL, C1, and the separators of lines and paragraphs.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

#: error_cause of a run under an expired lease; if the run writes, the record is running again.
LOST: Final = "lost"
#: error_cause of a failed publish; if the message arrives all the same, the run starts.
NOT_PUBLISHED: Final = "not_published"
#: error_cause of an end that a caller gave, by HTTP or through a service.
REPORTED: Final = "reported"
#: error_cause of a planned task that is not published, since a step before it has not completed;
#: and of one in a workflow that did not continue, for whatever reason.
UPSTREAM: Final = "upstream"
NEVER_PUBLISHED: Final = "never_published"
#: error_cause of a task that was not going to be published.
UNREACHED: Final = (UPSTREAM, NEVER_PUBLISHED)
#: error_cause of a run in a pool process that died, as the worker's main process reports it.
WORKER_LOST: Final = "worker_lost"


class Progress(NamedTuple):
    """How far a task is; `total` is None while unknown, `percentage` has one decimal, 0-100."""

    current: int
    total: int | None
    percentage: float


class Worker(NamedTuple):
    """The worker that runs a task: the id of its lease, and its node name; for an eager run the
    task that it runs in. `run` is the number that the worker's main process gave the run: two
    runs of one task may be under way in it."""

    lease: str
    name: str
    task: str | None = None
    run: int | None = None


class Member(NamedTuple):
    """A task's place in workflows: all tasks that one call of a canvas starts, and those that these
    start in turn."""

    #: The outermost workflow's id, and that of the canvas within it which the task is part of.
    workflows: tuple[str, ...]
    #: How many bodies published one another from the workflow's first message to this task's.
    generation: int = 0
    #: Whether the task is not published yet: the record was created from another task's message,
    #: which names the steps that follow. It stays true if the record ends before the publish.
    planned: bool = False
    #: Whether tasks without a record, or Celery's own, may run for long before a planned task.
    unseen: bool = False
    #: How much of the task is done, in thousandths, as its workflows count it; it never falls.
    share: int = 0
    #: Ids of the newest requests for its whole workflows that the record has applied, in the order
    #: of the workflows; "" for none.
    acts: tuple[str, ...] = ()

    def act_for(self, workflow_id: str) -> str:
        """The id of the newest request for one of its workflows that the record has applied."""
        known = dict(zip(self.workflows, self.acts, strict=False))
        return known.get(workflow_id, "")

    def replace(self, workflow_id: str, act_id: str) -> Member:
        """The member after it has applied a request for one of its workflows."""
        known = {name: self.act_for(name) for name in self.workflows}
        if workflow_id in known:
            known[workflow_id] = act_id
        return self._replace(acts=tuple(known.values()))


class Warnings(NamedTuple):
    """The warnings of a running task, each with the time since when it holds, or None."""

    #: Time of the run's last value: it has written none for long.
    stalled: datetime | None = None
    #: The run takes longer than usual.
    late: datetime | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the warnings that hold."""
        return tuple(kind for kind, since in zip(KINDS, self, strict=True) if since is not None)


#: The kinds of warnings.
KINDS: Final = Warnings._fields


class Task(Struct, frozen=True):
    """The record of one tracked task, as values; frozen.

    Times are aware datetimes with one UTC offset.
    """

    #: Celery's id of the task, or the id that `create_task` returned.
    task_id: str
    #: Kind of task: the Celery task's name unless it was marked with another one.
    task_type: str
    #: Items to be processed; None if unknown.
    total_items: int | None = None
    #: Label of the call, such as a ticker, a file or a customer.
    symbol: str | None = None
    #: Values that the caller wanted to keep with the record.
    metadata: dict[str, Any] = {}
    #: Items done so far.
    current_items: int = 0
    #: One of `TaskStatus`.
    status: str = TaskStatus.CREATED
    #: Text for readers; JSON's `current_status`.
    message: str = ""
    #: What went wrong, in one line; None unless the status is error.
    error_message: str | None = None
    #: Time of the publish, or of `create_task`.
    created_at: datetime | None = None
    #: Start of the first run since then; JSON's `start_time`.
    started_at: datetime | None = None
    #: Time of the last written change.
    updated_at: datetime | None = None
    #: Time of the end; JSON's `end_time`.
    completed_at: datetime | None = None
    #: What the task returned, or gave to `complete()`.
    results: dict[str, Any] = {}
    #: Other values that the job reported of its progress.
    processing_details: dict[str, Any] = {}
    #: From here on, what `fields.Body` describes under the same name has no comment.
    checkpoint: str | None = None
    attempt: int = 0
    #: Start of the newest run.
    attempt_started_at: datetime | None = None
    #: Celery's `retries` of the newest run.
    retries: int = 0
    waited_ms: int | None = None
    #: The worker that has the newest run; None before the first, and outside of Celery.
    worker: Worker | None = None
    #: Also set while a task waits for its next run, if a time of its message is known.
    eta: datetime | None = None
    expires: datetime | None = None
    #: Seconds after which the broker delivers the newest run's message again if its worker does not
    #: acknowledge it; None: it was acknowledged before the run.
    again_s: float | None = None
    #: How many runs before the newest are known to have lost their process, since the last that
    #: ended otherwise.
    lost_runs: int = 0
    #: JSON's `may_come_again_until`.
    again_until: datetime | None = None
    parent_id: str | None = None
    #: Celery's `root_id`: the first task of its workflow, which may be this one.
    root_id: str | None = None
    group_id: str | None = None
    #: The task's place in workflows; None for a single task.
    member: Member | None = None
    #: Whether the task's return value is recorded.
    keeps_results: bool = True
    keeps_message: bool = False
    owner: str | None = None
    traceparent: str | None = None
    again: bool | None = None
    again_of: str | None = None
    again_by: str | None = None
    error_cause: str | None = None
    links: tuple[Link, ...] = ()
    rate: float | None = None
    #: What the newest run has done since its first value; None before that.
    work: Work | None = None
    #: The figures of the type's past runs as this run had its first rate (`History.numbers`);
    #: None before that.
    usual: tuple[float, ...] | None = None
    #: Seconds of work after which a run is late, by its marking; None: by past runs.
    expect_s: float | None = None
    #: Seconds without a value after which a run is stalled, by its marking; None: by the times
    #: between its own values.
    stall_s: float | None = None
    #: Whether Celery's beat has published the task, on its schedule.
    scheduled: bool = False
    #: A warning is no status, and changes no time of the record.
    warnings: Warnings | None = None
    #: As `fields.Control`; its `acknowledged_at` is there, and None until then.
    control: dict[str, Any] | None = None
    message_code: dict[str, Any] | None = None
    error_code: dict[str, Any] | None = None
    revision: int = 0
    #: Fields of the stored document that another version of this library has written.
    unknown: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.metadata is None:  # the specification's constructor takes None
            structs.force_setattr(self, "metadata", {})

    def __repr__(self) -> str:
        return f"<Task {self.task_id} {self.task_type} {self.status} {self.percentage:g}%>"

    @property
    def progress(self) -> Progress:
        """Items done, items in all (None if unknown), and the percentage."""
        return Progress(self.current_items, self.total_items, self.percentage)

    @property
    def percentage(self) -> float:
        """The percentage of items done, 0 to 100 with one decimal, rounded down, so that 100 means
        all items; of a completed task 100, however many it counted."""
        if self.status == TaskStatus.COMPLETED:
            return 100
        if not self.total_items or self.total_items < 0:
            return 0
        return min(max(self.current_items * 1000 // self.total_items, 0), 1000) / 10

    @property
    def ended(self) -> bool:
        """Whether the status is completed, error or cancelled."""
        return self.status in ENDED

    @property
    def forced(self) -> bool:
        """Whether a caller ended the record by force, which stops the run."""
        control = self.control
        return control is not None and control.get("action") == "end" and self.ended

    @property
    def unpublished(self) -> bool:
        """Whether the task is not published, or was not when the record ended."""
        return self.member is not None and self.member.planned

    @property
    def never_ran(self) -> bool:
        """Whether the task failed because it was not going to be published."""
        return self.status == TaskStatus.ERROR and self.error_cause in UNREACHED

    @property
    def planned(self) -> bool:
        """Whether the task waits for its message to be published, by the step before it; also for
        its next message, which a step of the canvas that replaced its run publishes."""
        waits = self.status in (TaskStatus.CREATED, TaskStatus.PAUSED) or self.replaced
        return waits and self.unpublished

    @property
    def replaced(self) -> bool:
        """Whether a canvas replaced the task's run, and its next message is not published."""
        return self.unpublished and not self.ended and self.attempt_started_at is not None

    @property
    def requested(self) -> str | None:
        """The request that the run has not carried out yet: "pause", "cancel" or "end"."""
        control = self.control or {}
        action = control.get("action") if control.get("acknowledged_at", "") is None else None
        return action if isinstance(action, str) else None

    @property
    def still_runs(self) -> bool:
        """Whether a request has ended the record, and the run has not carried it out yet."""
        return self.control is not None and self.ended and self.requested is not None

    @property
    def processing_time_ms(self) -> int | None:
        """Milliseconds from the first run's start to the end, before it to the last written change;
        None before the start."""
        until = self.completed_at or self.updated_at
        if self.started_at is None or until is None:
            return None
        return max(0, (until - self.started_at) // MILLISECOND)

    def to_dict(self) -> dict[str, Any]:
        """Makes the specification's dictionary (3.1): the JSON names, times as ISO 8601 text with
        milliseconds and offset."""
        return {
            "task_id": self.task_id,
            "task_type": self.task_type,
            "symbol": self.symbol,
            "status": self.status,
            "progress": self.progress._asdict(),
            "current_status": self.message,
            "start_time": rendered(self.started_at),
            "updated_at": rendered(self.updated_at),
            "end_time": rendered(self.completed_at),
            "processing_time_ms": self.processing_time_ms,
            "error_message": self.error_message,
            "results": self.results,
            "processing_details": self.processing_details,
            "metadata": self.metadata,
        }


def rendered(time: datetime | None) -> str | None:
    """A time as ISO 8601 text with milliseconds and offset."""
    # Equal times of two zones have two texts.
    return None if time is None else _text(time, time.tzinfo)


@lru_cache(maxsize=8_192)
def _text(time: datetime, _: tzinfo | None) -> str:
    return time.isoformat(timespec="milliseconds")
