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
    #: On a Redis Cluster: one sharded channel for all tasks of the partition.
    sharded: bool = False

    # Records

    def task(self, task_id: str) -> str:
        """String: the record's document."""
        return f"{self.prefix}task:{task_id}"

    def channel(self, task_id: str) -> str:
        """Channel on which the document is published after each commit."""
        return (
            f"{self.prefix}task_updates" if self.sharded else f"{self.prefix}task_update:{task_id}"
        )

    @property
    def every_channel(self) -> str:
        """Pattern over all tasks' channels."""
        return f"{_escaped(self.prefix)}task_update:*"

    def log(self, task_id: str) -> str:
        """Stream: the newest lines of a task's log, 22 KiB of them. With `timeline` it
        takes 64 KiB at most."""
        return f"{self.prefix}progress_log:{task_id}"

    def timeline(self, task_id: str) -> str:
        """Stream: what happened to a task and its record does not tell any more, the newest
        12 KiB of entries; not there of a task that was published, began once and ended."""
        return f"{self.prefix}progress_timeline:{task_id}"

    def stacks(self, task_id: str) -> str:
        """Stream: the newest three stacks of a task's job, of 40 frames, and tracebacks, of 8 KiB
        at most; not there of a task that never hung or failed."""
        return f"{self.prefix}progress_stacks:{task_id}"

    @property
    def stacks_asked(self) -> str:
        """Sorted set of the stacks that were asked for or taken within a minute, by the time (ms)
        of each."""
        return f"{self.prefix}progress_stacks_asked"

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
        """Sorted set of the ids of tasks with a warning by creation time (µs), one a kind."""
        return f"{self.prefix}tasks{_BAR}warning={kind}"

    def owned(self, owner: str, status: str | None = None) -> str:
        """Sorted set of the ids of an owner's tasks by creation time (µs), of all or of one
        status."""
        of_all = f"{self.prefix}tasks{_BAR}owner={owner.replace(_BAR, _BAR * 2)}"
        return of_all if status is None else f"{of_all}{_BAR}status={status}"

    def ended(self, status: str) -> str:
        """Sorted set of the ids of tasks that have ended with a status, by the time (ms) at which
        each did."""
        return f"{self.prefix}progress_ended{_BAR}status={status}"

    def later(self, task_type: str) -> str:
        """Sorted set of the ids of a type's created tasks that wait for their `eta`, or whose
        messages have not left, by creation time (µs)."""
        return f"{self.prefix}tasks{_BAR}later{_BAR}type={task_type.replace(_BAR, _BAR * 2)}"

    @property
    def facets(self) -> str:
        """Hash: task id -> its facets, so that an index can be cleaned without the document."""
        return f"{self.prefix}task_facets"

    @property
    def expiry(self) -> str:
        """Sorted set of task ids by the time (ms) from which cleanup may delete them."""
        return f"{self.prefix}task_expiry"

    def runs(self, task_type: str) -> str:
        """String: the last ten successful runs of a type, the newest first, one a line: when it
        ended (ms), seconds of work, items, seconds that it waited, ln(actual ÷ predicted) of the
        rest at 25 and 50 %, and seconds from start to end where those are others."""
        return f"{self.prefix}task_runs:{task_type}"

    @property
    def times(self) -> str:
        """Hash: how long tasks waited and ran, by type: kind, "count" and type -> how many times;
        kind, "sum" and type -> their sum (µs)."""
        return f"{self.prefix}progress_times"

    # Workflows

    def workflow(self, workflow_id: str) -> str:
        """Hash: a workflow's figures that are no counts of members."""
        return f"{self.prefix}workflow:{workflow_id.replace(_BAR, _BAR * 2)}"

    def members(self, workflow_id: str, status: str | None = None) -> str:
        """Sorted set of the ids of a workflow's members by creation time (µs), of all or of one
        status."""
        of_all = "members" if status is None else f"status={status}"
        return f"{self.workflow(workflow_id)}{_BAR}{of_all}"

    def owned_members(self, workflow_id: str, owner: str) -> str:
        """Sorted set of the ids of a workflow's members that are one owner's, by creation time
        (µs)."""
        return f"{self.workflow(workflow_id)}{_BAR}owner={owner.replace(_BAR, _BAR * 2)}"

    def planned(self, workflow_id: str) -> str:
        """Sorted set of the ids of members whose messages have not left yet, by creation time
        (µs)."""
        return f"{self.workflow(workflow_id)}{_BAR}planned"

    def publishers(self, workflow_id: str) -> str:
        """Sorted set of the tokens of publishes in progress, by the time (ms) until which each
        counts."""
        return f"{self.workflow(workflow_id)}{_BAR}publishers"

    def workflow_channel(self, workflow_id: str) -> str:
        """Channel on which an empty message follows each commit of a member; "" on a Redis Cluster,
        where the tasks' channel has every member's document."""
        return "" if self.sharded else f"{self.prefix}workflow_update:{workflow_id}"

    def past_workflows(self, name: str) -> str:
        """String: the last ten successful workflows of a name, the newest first, one a line: when
        the last member ended (ms), seconds since the first one began, members, and a digest of
        the id. Not on a Redis Cluster."""
        return f"{self.prefix}progress_workflow_runs:{name}"

    @property
    def workflow_names(self) -> str:
        """Sorted set of the names of which successful workflows are kept, 1,000 at most, by the
        time (ms) at which the last one ended."""
        return f"{self.prefix}progress_workflow_names"

    @property
    def workflows(self) -> str:
        """Sorted set of workflow ids by creation time (ms)."""
        return f"{self.prefix}progress_workflows"

    @property
    def every_member(self) -> str:
        """Sorted set of the ids of all workflows' members by creation time (µs): with the one of
        all tasks it tells those that are no member."""
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
        """Sorted set of requests for a cancel, pause or resume of a whole workflow that are not
        carried out yet, by the time (ms) of each."""
        return f"{self.prefix}progress_workflow_acts"

    # Webhooks

    def webhook_events(self, target: str) -> str:
        """Stream of the events that wait for a webhook target: each one's id and body. Its group
        `senders` has those that were taken, by how long each has to be idle to be sent again."""
        return f"{self.prefix}progress_webhook:{target}"

    def webhook_counts(self, target: str) -> str:
        """Hash: a webhook target's events that were delivered, given up and dropped; bytes that
        wait."""
        return f"{self.webhook_events(target)}{_BAR}counts"

    @property
    def may_have_ended(self) -> str:
        """Sorted set of the ids of workflows in which a member has ended, by the time (ms) from
        which each is looked at for webhooks."""
        return f"{self.prefix}progress_webhook_workflows"

    # Workers

    @property
    def leases(self) -> str:
        """Sorted set of lease ids by the time (ms) at which each runs out."""
        return f"{self.prefix}progress_leases"

    def held(self, lease: str) -> str:
        """Sorted set of the task ids that run under a lease."""
        return f"{self.prefix}progress_held:{lease}"

    @property
    def lost(self) -> str:
        """String: how many runs were found lost, by any process."""
        return f"{self.prefix}progress_found_lost"

    @property
    def asked_again(self) -> str:
        """Sorted set of the ids of lost tasks by the time (ms) at which the result backend is asked
        about each again."""
        return f"{self.prefix}progress_asked_again"

    @property
    def dropped(self) -> str:
        """Hash: what a dropped event was of -> how many any process has dropped."""
        return f"{self.prefix}progress_no_room"

    @property
    def markings(self) -> str:
        """Hash: task name -> its marking, for processes that publish tasks which they have not
        imported."""
        return f"{self.prefix}progress_markings"

    def lock(self, name: str) -> str:
        """String: token of the process that does a pass ("reap", "cleanup") at the moment."""
        return f"{self.prefix}progress_lock:{name}"


def _escaped(prefix: str) -> str:
    """A prefix as part of a PSUBSCRIBE pattern."""
    return "".join(f"\\{c}" if c in "*?[]\\" else c for c in prefix)
