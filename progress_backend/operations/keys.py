"""Every Redis key and channel name; other modules take them from here.

`task:{task_id}` and `task_update:{task_id}` are the specification's; a prefix goes before both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

#: Separates the facets in an index's key; no status holds it, and in a type or symbol it is
#: doubled.
_BAR = "|"


@dataclass(frozen=True, slots=True)
class Keys:
    """The key and channel names under one prefix."""

    prefix: str = ""
    #: Whether a partition's hash tag ends the prefix, on a Redis Cluster.
    sharded: bool = False

    # Records

    def task(self, task_id: str) -> str:
        """String: the record as JSON."""
        return f"{self.prefix}task:{task_id}"

    def channel(self, task_id: str) -> str:
        """Channel on which each commit publishes the record."""
        return f"{self._untagged}task_update:{task_id}"

    @property
    def _untagged(self) -> str:
        """The prefix of the channels, which are the same in all partitions."""
        return self.prefix.rpartition("{")[0] if self.sharded else self.prefix

    @property
    def every_channel(self) -> str:
        """Pattern over all tasks' channels."""
        return f"{_escaped(self.prefix)}task_update:*"

    def log(self, task_id: str) -> str:
        """Stream: the newest lines of a task's log, up to `PROGRESS_LOG_KIB`. By default log and
        timeline together use at most 64 KiB."""
        return f"{self.prefix}progress_log:{task_id}"

    def timeline(self, task_id: str) -> str:
        """Stream: the newest 12 KiB of a task's events that are no longer in its record. Absent for
        a task that was published, started one time and ended."""
        return f"{self.prefix}progress_timeline:{task_id}"

    def stacks(self, task_id: str) -> str:
        """Stream: the newest three stacks of a task's job, each of up to 40 frames, and tracebacks
        of up to 8 KiB. Absent for a task that never hung or failed."""
        return f"{self.prefix}progress_stacks:{task_id}"

    @property
    def stack_requests(self) -> str:
        """Sorted set of the ids of tasks for which a caller requested a stack in the last minute,
        by the time (ms) of the request."""
        return f"{self.prefix}progress_stack_requests"

    @property
    def stacks_callers(self) -> str:
        """Sorted set of the requests for stacks, each with its caller, by time (ms)."""
        return f"{self.prefix}progress_stacks_callers"

    def start(self, task_id: str) -> str:
        """String: state, digest of the arguments and time (ms) of a start with an
        `Idempotency-Key`. Absent for every other task."""
        return f"{self.prefix}progress_start:{task_id}"

    def message(self, task_id: str) -> str:
        """String: arguments and options of a task that other programs may start, up to 64 KiB,
        signed if PROGRESS_SIGNING_KEYS is set. Absent for every other task."""
        return f"{self.prefix}progress_message:{task_id}"

    # Indexes

    def index(
        self,
        status: str | None = None,
        task_type: str | None = None,
        symbol: str | None = None,
        workflow: str | None = None,
        warning: str | None = None,
        owner: str | None = None,
        ended: bool = False,
    ) -> str:
        """Sorted set of task ids by creation time (µs), for one combination of filters."""
        if ended and status is not None:
            return self.ended(status)
        if workflow is not None:
            return self.members(workflow, status)
        if warning is not None:
            # Only running tasks have warnings: there is never a set of another status.
            of_all = self.warned(warning)
            return of_all if status in (None, "running") else f"{of_all}{_BAR}status={status}"
        if owner is not None:
            return self.owned(owner, status)
        parts = [
            f"{_BAR}{name}={value.replace(_BAR, _BAR * 2)}"
            for name, value in (("status", status), ("type", task_type), ("symbol", symbol))
            if value is not None
        ]
        return f"{self.prefix}tasks{''.join(parts)}"

    def indexes(self, status: str, task_type: str, symbol: str | None) -> Iterator[str]:
        """Every index that a task with these facets is in: four, or eight with a symbol."""
        for facets in product((None, status), (None, task_type), {None, symbol}):
            yield self.index(*facets)

    def warned(self, kind: str) -> str:
        """Sorted set of the ids of tasks with this warning, by creation time (µs)."""
        return f"{self.prefix}tasks{_BAR}warning={kind}"

    def owned(self, owner: str, status: str | None = None) -> str:
        """Sorted set of the ids of an owner's tasks, by creation time (µs): a set of all tasks, and
        one for each status."""
        of_all = f"{self.prefix}tasks{_BAR}owner={owner.replace(_BAR, _BAR * 2)}"
        return of_all if status is None else f"{of_all}{_BAR}status={status}"

    def ended(self, status: str) -> str:
        """Sorted set of the ids of tasks that have ended with this status, by end time (ms)."""
        return f"{self.prefix}progress_ended{_BAR}status={status}"

    def not_startable_yet(self, task_type: str) -> str:
        """Sorted set of the ids of a type's created tasks that wait for their `eta` or are not
        published yet, by creation time (µs)."""
        return f"{self.prefix}tasks{_BAR}later{_BAR}type={task_type.replace(_BAR, _BAR * 2)}"

    @property
    def facets(self) -> str:
        """Hash: task id -> the values by which the task is in the indexes, so that an index can be
        cleaned without the record."""
        return f"{self.prefix}task_facets"

    @property
    def expiry(self) -> str:
        """Sorted set of task ids by the time (ms) from which cleanup may delete them."""
        return f"{self.prefix}task_expiry"

    def runs(self, task_type: str) -> str:
        """String: the last ten successful runs of a type, newest first, one line for each: its end
        (ms), seconds of work, items, seconds that it waited, ln(actual ÷ predicted) of the
        remaining time at 25 and 50 %, and seconds from start to end if not all were work."""
        return f"{self.prefix}task_runs:{task_type}"

    @property
    def outcomes(self) -> str:
        """Hash: figures of up to 100 types and of `other`. Each field has a kind, a label and a
        type. Its value is a number of ends, further runs, waits or runs in a range, or the sum of
        such times (µs)."""
        return f"{self.prefix}progress_outcomes"

    @property
    def successes(self) -> str:
        """Sorted set of types by the time (ms) of the last success. A type starts with "1|" if
        beat published the task, else with "0|"."""
        return f"{self.prefix}progress_last_successes"

    # Workflows

    def workflow(self, workflow_id: str) -> str:
        """Hash: a workflow's values, except the counts of members."""
        return f"{self.prefix}workflow:{workflow_id.replace(_BAR, _BAR * 2)}"

    def members(self, workflow_id: str, status: str | None = None) -> str:
        """Sorted set of the ids of a workflow's members, by creation time (µs): a set of all
        members, and one for each status."""
        of_all = "members" if status is None else f"status={status}"
        return f"{self.workflow(workflow_id)}{_BAR}{of_all}"

    def owned_members(self, workflow_id: str, owner: str) -> str:
        """Sorted set of the ids of a workflow's members of one owner, by creation time (µs)."""
        return f"{self.workflow(workflow_id)}{_BAR}owner={owner.replace(_BAR, _BAR * 2)}"

    def planned(self, workflow_id: str) -> str:
        """Sorted set of the ids of members that are not published yet, by creation time (µs)."""
        return f"{self.workflow(workflow_id)}{_BAR}planned"

    def never_ran(self, workflow_id: str) -> str:
        """Sorted set of the ids of members that failed without a publish, by creation time (µs)."""
        return f"{self.workflow(workflow_id)}{_BAR}unreached"

    def publishers(self, workflow_id: str) -> str:
        """Sorted set of the calls that publish the workflow's tasks now, each by the time (ms) at
        which it expires."""
        return f"{self.workflow(workflow_id)}{_BAR}publishers"

    def workflow_channel(self, workflow_id: str) -> str:
        """Channel on which each commit of a member sends an empty message."""
        return f"{self._untagged}workflow_update:{workflow_id}"

    def past_workflows(self, name: str) -> str:
        """String: the last ten successful workflows of a name (without a count "×8"), newest
        first, one line for each: the end of the last member (ms), seconds since the start of the
        first member, number of members, and a digest of the id. Absent on a Redis Cluster."""
        return f"{self.prefix}progress_workflow_runs:{name}"

    @property
    def workflow_names(self) -> str:
        """Sorted set of up to 1,000 names of successful workflows, by the end (ms) of the last
        workflow with the name."""
        return f"{self.prefix}progress_workflow_names"

    @property
    def workflows(self) -> str:
        """Sorted set of workflow ids by creation time (ms)."""
        return f"{self.prefix}progress_workflows"

    @property
    def every_member(self) -> str:
        """Sorted set of the ids of all workflows' members by creation time (µs). The tasks that are
        not in this set are outside workflows."""
        return f"{self.prefix}progress_members"

    @property
    def outermost(self) -> str:
        """Sorted set of the ids of outermost workflows by creation time (µs)."""
        return f"{self.prefix}progress_outermost"

    @property
    def workflow_plans(self) -> str:
        """Sorted set of the ids of workflows with planned members, by the time (ms) of the last
        commit of any member."""
        return f"{self.prefix}progress_workflow_plans"

    @property
    def workflow_acts(self) -> str:
        """Sorted set of the requests to cancel, pause or resume a workflow that are not yet applied
        to all members, by time (ms)."""
        return f"{self.prefix}progress_workflow_acts"

    # Webhooks

    def webhook_events(self, target: str) -> str:
        """Stream of the events that wait for a webhook target, each with id and body. The pending
        entries of its consumer group `senders` are the events that a sender has read."""
        return f"{self.prefix}progress_webhook:{target}"

    def webhook_counts(self, target: str) -> str:
        """Hash: how many events of a webhook target were delivered, given up and dropped, and how
        many bytes wait."""
        return f"{self.webhook_events(target)}{_BAR}counts"

    @property
    def may_have_ended(self) -> str:
        """Sorted set of the ids of workflows in which a member has ended, by the time (ms) at which
        the workflow is next checked for a webhook event."""
        return f"{self.prefix}progress_webhook_workflows"

    # Workers

    @property
    def leases(self) -> str:
        """Sorted set of lease ids by the time (ms) at which each expires."""
        return f"{self.prefix}progress_leases"

    @property
    def slots(self) -> str:
        """Hash: lease id -> how many tasks its worker can run at the same time."""
        return f"{self.prefix}progress_slots"

    def lease_tasks(self, lease: str) -> str:
        """Sorted set of the ids of tasks that the worker of a lease runs."""
        return f"{self.prefix}progress_lease_tasks:{lease}"

    @property
    def result_checks(self) -> str:
        """Sorted set of the ids of lost tasks by the time (ms) of the next read of the result
        backend."""
        return f"{self.prefix}progress_result_checks"

    @property
    def dropped(self) -> str:
        """Hash: kind of event -> number of dropped events, from all processes."""
        return f"{self.prefix}progress_dropped"

    @property
    def markings(self) -> str:
        """Hash: task name -> its options, for processes that publish tasks which they have not
        imported."""
        return f"{self.prefix}progress_markings"

    def lock(self, name: str) -> str:
        """String: token of the process that now runs a check for lost runs ("reap") or a cleanup
        ("cleanup")."""
        return f"{self.prefix}progress_lock:{name}"


def _escaped(prefix: str) -> str:
    """A prefix as part of a PSUBSCRIBE pattern."""
    return "".join(f"\\{c}" if c in "*?[]\\" else c for c in prefix)
