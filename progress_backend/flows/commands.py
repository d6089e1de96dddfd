"""Store commands that flows yield: frozen values, one for each operation of a store.

Each docstring begins with the type of the reply. Times are milliseconds since 1970 unless a name
has another unit. A document is the record's JSON text; facets are the status, type, symbol and
lease by which the task is in indexes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

# The same name twice marks it as exported, for type checkers.
from ..record.act import Act as Act  # noqa: PLC0414
from ..record.ends import End as End  # noqa: PLC0414
from ..record.ends import Ends as Ends  # noqa: PLC0414
from ..record.list_request import Span as Span  # noqa: PLC0414
from ..record.model import Remarks as Remarks  # noqa: PLC0414
from ..record.past_runs import PastRun as PastRun  # noqa: PLC0414
from ..record.times_taken import Histograms as Histograms  # noqa: PLC0414
from ..record.times_taken import Took as Took  # noqa: PLC0414
from ..record.waiting import Waiting as Waiting  # noqa: PLC0414
from ..record.workflow import Figures as Figures  # noqa: PLC0414
from .index_entry import Facets as Facets  # noqa: PLC0414
from .index_entry import Garbled as Garbled  # noqa: PLC0414
from .index_entry import Standing as Standing  # noqa: PLC0414


@dataclass(frozen=True, slots=True)
class Read:
    """-> list[bytes | None]: the values that are stored for the tasks, in order, unchecked (see
    `record.document_check`). `light` as in `Page`."""

    task_ids: tuple[str, ...]
    light: bool = False


class Notice(NamedTuple):
    """An event for a webhook target; its body is sent as it is."""

    target: str
    id: str
    body: bytes


class Told(NamedTuple):
    """What a commit leaves for webhooks, and the workflows that may have ended by it."""

    notices: tuple[Notice, ...] = ()
    workflows: tuple[str, ...] = ()


class Commit(NamedTuple):
    """-> Committed: SET with a TTL, move in the indexes and PUBLISH, in one script."""

    task_id: str
    #: Digest of the document that the caller supposes to be stored; "" for none.
    expected: str
    document: bytes
    before: Standing
    after: Facets
    ttl_ms: int
    #: From when cleanup may delete the record; None leaves it as it is.
    due_ms: int | None
    #: The record's creation time in lists is now.
    fresh: bool = False
    #: A run to keep for the type.
    run: PastRun | None = None
    #: Of a workflow's member: when it first began and ended, in milliseconds.
    started_ms: int | None = None
    ended_ms: int | None = None
    #: The name of the last of the member's workflows, None leaves it as it is.
    workflow_name: str | None = None
    #: How many members the last of these is expected to have, None leaves it as it is.
    workflow_total: int | None = None
    #: The ids of the requests about its workflows that the record has followed, in their order.
    acts: tuple[str, ...] = ()
    #: Times that count in the histograms of the type.
    took: tuple[Took, ...] = ()
    #: Events for webhooks, which are stored in the same act; None: none, as without targets.
    told: Told | None = None
    #: Entries of the task's timeline, which are stored in the same act, if the user may do so.
    entries: tuple[bytes, ...] = ()
    #: The task's end, where it is new.
    end: End | None = None


class Committed(NamedTuple):
    """`done`, or the document and facets that are stored instead of those that the caller
    supposed."""

    done: bool
    document: bytes | None = None
    facets: Standing = None
    #: Requests about the member's workflows that the record has not followed: only these prevented
    #: the commit.
    acts: tuple[tuple[str, Act], ...] = ()


@dataclass(frozen=True, slots=True)
class Commits:
    """-> list[Committed], in order: each commit is atomic by itself, all are sent together."""

    commits: tuple[Commit, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """-> Paged: `limit` tasks from `start` on, newest first, of one combination of filters.

    `light`: a long document may come without the caller's own values, as in `responses.row`.
    """

    start: int
    limit: int
    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    #: Only this workflow's members, with no filter but a status; the counts are then of these.
    workflow: str | None = None
    light: bool = False
    #: Only tasks with this kind of remark, with no other filter.
    remark: str | None = None
    #: Only this owner's tasks, with no filter but a status; the counts are then of these.
    owner: str | None = None
    #: Only tasks that were created in this span.
    created: Span | None = None

    @property
    def filters(self) -> Filters:
        """What passes into the list."""
        chosen = (self.status, self.task_type, self.symbol)
        return Filters(*chosen, self.workflow, self.remark, self.owner)


class Paged(NamedTuple):
    """A page; `counts` are over all tasks, one for each status in the order of `model.STATUSES`."""

    total: int
    counts: tuple[int, ...]
    rows: tuple[tuple[str, bytes | None], ...]


class Filters(NamedTuple):
    """A combination of a list's filters; None filters nothing."""

    status: str | None = None
    task_type: str | None = None
    symbol: str | None = None
    workflow: str | None = None
    remark: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """-> Tallied: how many tasks pass the filters, and how many of all tasks have each status."""

    filters: Filters


class Tallied(NamedTuple):
    """Counts as in `Paged`."""

    total: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """-> list[tuple[int, str]]: creation times (µs), up to `until_us`, and ids; newest first."""

    until_us: float
    limit: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class Above:
    """-> int: how many tasks that pass the filters were created after a time."""

    after_us: int
    filters: Filters


@dataclass(frozen=True, slots=True)
class Beginning:
    """-> Begun: `limit` of the tasks whose ids begin so, from `start` on, in the order of their
    ids. Over several partitions no more than the first `FIRST` are in the list."""

    prefix: str
    start: int
    limit: int


#: Tasks of a list by the beginning of their ids, over several partitions.
FIRST: Final = 10_000


class Begun(NamedTuple):
    """How many ids begin so, and those of a page."""

    total: int
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindIds:
    """-> int: has tasks listed by their ids that an older version has made: about `limit` of those
    created up to a time that no call has found yet; how many, in the partition with most."""

    until_us: int
    limit: int


@dataclass(frozen=True, slots=True)
class LatestEnded:
    """-> EndedPage: `limit` tasks of a status in which tasks have ended, from `start` on, the one
    that ended last first. Over several partitions no more than the first `FIRST` are in the
    list."""

    status: str
    start: int = 0
    limit: int = 0


class EndedPage(NamedTuple):
    """How many tasks have ended so, and those of a page: when each ended (ms), and its id."""

    total: int
    found: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class EndsIn:
    """-> list[Ends]: how many tasks ended in each of these minutes since 1970, in order; none of
    minutes that are longer ago than a day."""

    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Top:
    """-> TopOfAll: the newest tasks that are no workflow's member, and the newest outermost
    workflows, up to `until_us`, `limit` of each. Its cost does not depend on the number of
    members."""

    until_us: float
    limit: int


class TopOfAll(NamedTuple):
    """Creation times (µs) and ids, newest first; `counts` as in `Paged`."""

    #: How many tasks that are no member, and outermost workflows, there are of all times.
    sizes: tuple[int, int]
    counts: tuple[int, ...]
    singles: tuple[tuple[int, str], ...]
    #: Over several partitions the newest `LISTED` of all times, as in `Workflows`.
    workflows: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class TopSince:
    """-> tuple[int, int]: how many tasks that are no workflow's member, and how many outermost
    workflows, were created after a time. Over several partitions a workflow may count in each."""

    after_us: float


@dataclass(frozen=True, slots=True)
class Before:
    """-> list[int | None]: for each task that waits, how many of its type were created before it
    and have not begun either, without those that are not to begin yet (planned ones, and ones with
    an `eta`); None for a task that does not wait any more."""

    tasks: tuple[Waiting, ...]
    #: Whether the tasks are of this partition.
    own: bool = True


@dataclass(frozen=True, slots=True)
class FacetsOf:
    """-> list[Standing]: the facets that are stored for the tasks, in order."""

    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """-> list[str]: ids of the tasks that cleanup may delete, the longest due first."""

    before_ms: int
    limit: int


class Entry(NamedTuple):
    """A task to delete, with the facets that the caller read."""

    task_id: str
    facets: Standing


@dataclass(frozen=True, slots=True)
class Sweep:
    """-> int: how many of the entries were deleted: those due before `before_ms`, or without
    document."""

    entries: tuple[Entry, ...]
    before_ms: int
    #: The index (by its filters), lease, or list by end, where the entries were found, whatever
    #: their facets are.
    found_in: Filters | LatestEnded | str | None = None


@dataclass(frozen=True, slots=True)
class RunsOf:
    """-> tuple[PastRun, ...]: the type's last successful runs, the last one last."""

    task_type: str


@dataclass(frozen=True, slots=True)
class Count:
    """-> Counted: the store's counts, with the records created since a time."""

    since_ms: int


class Counted(NamedTuple):
    """The store's counts: all records, running ones, those created since a time, and Redis's
    memory."""

    records: int
    active: int
    recent: int
    memory_bytes: int
    #: This library's keys that have another Redis type than they should, each with its type.
    wrong_keys: tuple[tuple[str, str], ...] = ()
    #: The reason that Redis gives for refusing writes; "" if it takes them.
    no_writes: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """-> bool: whether the token holds the lock, now or still, for `ttl_ms`. A lock that would last
    twice as long was taken by a clock that was set back since, and is taken over."""

    name: str
    token: str
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Unlock:
    """-> None: deletes the lock if the token holds it."""

    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Renew:
    """-> None: writes that the lease is valid until `until_ms`."""

    lease: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Assume:
    """-> None: writes leases that are not stored with `until_ms` as their end."""

    leases: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class EndLease:
    """-> None: the lease ends now; the pass that finds lost runs judges its runs."""

    lease: str


@dataclass(frozen=True, slots=True)
class Leases:
    """-> list[tuple[str, int]]: ids of the leases that ran out before a time, and when, oldest
    first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """-> list[str]: ids of the leases that run out after a time."""

    after_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class NewestLeases:
    """-> tuple[int, list[tuple[str, int]]]: how many leases are stored, and `limit` of them with
    when each runs out, the latest first."""

    limit: int


@dataclass(frozen=True, slots=True)
class Shorten:
    """-> None: leases that run out later than `until_ms` run out then."""

    leases: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class CountLost:
    """-> None: adds to the count of runs that were found lost."""

    runs: int


@dataclass(frozen=True, slots=True)
class LostSoFar:
    """-> int: how many runs any process has found lost, since the store was empty."""


@dataclass(frozen=True, slots=True)
class Times:
    """-> Histograms: how long tasks of each type waited and ran, since the store was empty."""


@dataclass(frozen=True, slots=True)
class Unused:
    """-> list[str]: those of the types of which no record and no past run is stored."""

    task_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgetTimes:
    """-> None: drops the histograms of these types."""

    task_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaseEnd:
    """-> int | None: when a lease runs out, read in the partition of the task's record; None if it
    is not stored there."""

    task_id: str
    lease: str


@dataclass(frozen=True, slots=True)
class Held:
    """-> list[str]: ids of the tasks that run under a lease."""

    lease: str
    limit: int


@dataclass(frozen=True, slots=True)
class HeldByEach:
    """-> list[tuple[int, list[str]]]: of each lease how many tasks run under it, and the ids of
    `limit` of these, the longest known first."""

    leases: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Extend:
    """-> None: sets the TTL of the records of running tasks to at least this."""

    task_ids: tuple[str, ...]
    ttl_ms: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class FindOpen:
    """-> int: has open tasks looked at for remarks from `at_ms` on: those created up to a time that
    no call has found yet, about `limit` of them; how many they are, in the partition with most."""

    until_us: int
    limit: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class LookAt:
    """-> None: has tasks looked at for remarks from a time on (ms), each its own; None: not any
    more. `sooner`: those that were to be looked at before that are."""

    checks: tuple[tuple[str, int | None], ...]
    sooner: bool = False


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """-> list[str]: ids of tasks that are to be looked at until a time, the longest due first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class CountRemarks:
    """-> tuple[int, ...]: how many tasks have each kind of remark, as `model.KINDS` orders them."""


@dataclass(frozen=True, slots=True)
class ForgetLease:
    """-> None: deletes a lease that ran out before `before_ms` and holds no task."""

    lease: str
    before_ms: int


@dataclass(frozen=True, slots=True)
class FiguresOf:
    """-> Figures: a workflow's counts; all are 0 where no member is stored."""

    workflow_id: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class FiguresOfEach:
    """-> list[Figures]: the counts of several workflows, in order."""

    workflow_ids: tuple[str, ...]
    now_ms: int


@dataclass(frozen=True, slots=True)
class OwnedIn:
    """-> tuple[int, int]: how many members a workflow has, and how many of them are one owner's."""

    workflow_id: str
    owner: str


@dataclass(frozen=True, slots=True)
class Workflows:
    """-> Listed: `limit` workflows from `start` on, newest first. Over several partitions no more
    than the newest `LISTED` are in the list, each by the last time at which a partition got its
    first member."""

    start: int
    limit: int


#: Workflows of a list over several partitions.
LISTED: Final = 1_000


class Listed(NamedTuple):
    """A page of workflows: how many are in the list, creation times (ms) and ids."""

    total: int
    found: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ForgetWorkflow:
    """-> None: deletes what is stored of a workflow, wherever no member is stored."""

    workflow_id: str


@dataclass(frozen=True, slots=True)
class Publishing:
    """-> None: a publish that may add members to a workflow goes on, for `ttl_ms` at most after
    `now_ms`; 0 ends it."""

    workflow_id: str
    token: str
    now_ms: int
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """-> list[str]: ids of workflows with planned members that had no commit since a time, the
    longest quiet first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class Looked:
    """-> None: a quiet workflow was looked at; it is looked at again once it is quiet since
    `at_ms`."""

    workflow_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Direct:
    """-> Act | None: stores a request about all members of a workflow, with which their commits are
    compared from then on; the request that stands instead, where that is a cancel or newer."""

    workflow_id: str
    act: Act
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class DropAct:
    """-> None: deletes a workflow's request: its canvas was sent again."""

    workflow_id: str
    act_id: str


@dataclass(frozen=True, slots=True)
class Acts:
    """-> list[tuple[str, str]]: ids of requests that are not carried out yet, and of their
    workflows, oldest first."""

    limit: int


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """-> None: a request is carried out."""

    workflow_id: str
    act_id: str


@dataclass(frozen=True, slots=True)
class Oldest:
    """-> list[tuple[int, str]]: creation times (µs), after `after_us`, and ids of a workflow's
    members with a status, oldest first."""

    workflow_id: str
    #: None: of the planned ones.
    status: str | None
    limit: int
    after_us: int = 0


@dataclass(frozen=True, slots=True)
class LeaveMarkings:
    """-> None: stores the markings (`@progress_task` options) of tasks by task name, for processes
    that publish by name; `most` bounds the markings of all workers together."""

    markings: tuple[tuple[str, str], ...]
    most: int
    ttl_ms: int = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class MarkingOf:
    """-> Marked: the marking that a worker has stored for a task name."""

    name: str


class Marked(NamedTuple):
    """A task's marking, if a worker has stored it, and whether any marking is stored."""

    text: bytes | None
    others: bool


@dataclass(frozen=True, slots=True)
class Note:
    """-> None: stores events for webhooks that come of no commit, each due now, in the partition of
    the task or workflow that they are about."""

    subject: str
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class TakeEvents:
    """-> list[Taken]: a target's events that are due, about `limit`, which nobody else is given
    before `until_ms`; their attempts are counted here, so that those of a sender that dies
    count."""

    target: str
    now_ms: int
    until_ms: int
    limit: int


class Taken(NamedTuple):
    """An event to send: its partition, id and body, and how often it was taken."""

    place: int
    id: str
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class SettleEvent:
    """-> None: an event was sent, or was not; it is over, or due again at `again_ms`."""

    place: int
    target: str
    id: str
    again_ms: int | None = None
    #: Which count grows: "delivered" or "failed"; "" for none.
    outcome: str = ""
    #: What is kept of the attempt, to be seen and sent again.
    delivery: bytes = b""
    #: Whether the attempt was not made after all.
    unmade: bool = False


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """-> list[Outbox]: the figures of several targets' events, in order."""

    targets: tuple[str, ...]


class Outbox(NamedTuple):
    """How many events of a target wait, and how many were delivered, given up and dropped."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Deliveries:
    """-> list[bytes]: what is kept of a target's last attempts, 100 of each partition."""

    target: str


@dataclass(frozen=True, slots=True)
class MayHaveEnded:
    """-> list[str]: ids of workflows in which a member has ended, which nobody else is given before
    `until_ms` unless another member ends."""

    now_ms: int
    until_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class LookedForEnd:
    """-> None: a workflow that `MayHaveEnded` gave was looked at: again at `again_ms`, or not, as
    long as no member has ended since."""

    workflow_id: str
    until_ms: int
    again_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SwitchTarget:
    """-> None: switches a webhook target off, at a time, or on again (None)."""

    target: str
    off_ms: int | None


@dataclass(frozen=True, slots=True)
class TargetsOff:
    """-> dict[str, int]: the webhook targets that are switched off, and since when."""


@dataclass(frozen=True, slots=True)
class AddToLog:
    """-> bool: adds lines to a task's log, whose oldest ones go beyond its bound; nothing where the
    task has no record. False where the store's user may not write logs. `lost` lines before them
    had no room: their numbers are left out."""

    task_id: str
    lines: tuple[bytes, ...]
    ttl_ms: int
    lost: int = 0


@dataclass(frozen=True, slots=True)
class ReadTimeline:
    """-> Timeline: what is kept of a task's past, with the samples of these attempts."""

    task_id: str
    attempts: tuple[int, ...] = ()


class Timeline(NamedTuple):
    """The newest entries of a task's timeline as they are stored, how many before them are gone,
    and the samples of each attempt that has some."""

    gone: int = 0
    entries: tuple[bytes, ...] = ()
    samples: Mapping[int, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KeepSamples:
    """-> None: keeps the samples of a run in place of its earlier ones, for `ttl_ms` at least;
    nothing where the task has no record."""

    task_id: str
    attempt: int
    points: bytes
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class ReadLog:
    """-> LogPart: the lines of a task's log after a number, `limit` at most; the newest ones for
    None."""

    task_id: str
    after: int | None
    limit: int


class LogPart(NamedTuple):
    """Lines of a log, each with its number; and the numbers of the oldest and the newest that are
    kept, None where none is."""

    lines: tuple[tuple[int, bytes], ...]
    first: int | None
    last: int | None


Command = (
    Read | Commit | Commits | Page | FacetsOf | Due | Sweep | RunsOf | Count | Lock | Unlock | Renew
    | Assume | EndLease | Leases | Ahead | Shorten | CountLost | LostSoFar | Held | ForgetLease
    | NewestLeases | HeldByEach | Beginning | FindIds
    | LatestEnded | EndsIn
    | Extend | Tally | Newest | Above | Before | LeaseEnd | LeaveMarkings | MarkingOf
    | FiguresOf | FiguresOfEach | OwnedIn | Workflows | ForgetWorkflow | Top | TopSince
    | Publishing | Quiet | Looked | Oldest
    | Direct | DropAct | Acts | CarriedOut
    | FindOpen | LookAt | ToLookAt | CountRemarks
    | Times | Unused | ForgetTimes
    | Note | TakeEvents | SettleEvent | OutboxFigures | Deliveries | MayHaveEnded | LookedForEnd
    | SwitchTarget | TargetsOff
    | AddToLog | ReadLog | ReadTimeline | KeepSamples
)  # fmt: skip
