"""The first record of a publish, copied from a prepared one of its kind: only the id, the times and
the tasks around it differ. All other publishes are recorded by `Records.apply`."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Final, NamedTuple

from ..errors import InvalidEvent
from ..operations.commit import Commit
from ..record import events as ev
from ..record import task_json
from ..record.document import written
from ..record.fields import MAX_DOCUMENT_BYTES, Stored
from ..record.model import MAX_ID, Task, is_plain, rendered, replace
from ..record.transition import transition
from .stored_record import Applied, ReadRecord, milliseconds
from .task_flows import Records

#: Most kinds of prepared records; when there are more, all are made again.
_MOST: Final = 1_000


class _Ready(NamedTuple):
    """A record of one kind, its document and its commit."""

    task: Task
    stored: Stored
    commit: Commit
    #: For how long it is kept, from its creation on.
    kept_ms: int


class FirstRecords:
    """Makes first records and their commits."""

    def __init__(self, flows: Records) -> None:
        self._flows = flows
        #: None of a member's kind that has been seen once.
        self._ready: dict[object, _Ready | None] = {}

    def of(self, task_id: str, event: ev.Created, now: datetime) -> tuple[Applied, Commit] | None:
        """The record after a publish of a task that has none, and its commit; None for a publish
        with an `eta`, a late one, a task with metadata, and the first message of a workflow. `now`
        is in whole milliseconds."""
        if (ready := self._like(task_id, event, now)) is None:
            return None
        task, stored = _task(ready, task_id, event, now), copy(ready.stored)
        stored.task_id, stored.group_id = task_id, task.group_id
        stored.traceparent, stored.parent_id = task.traceparent, task.parent_id
        if (root_id := task.root_id) != task_id:
            stored.root_id = root_id
        stored.created_at = stored.updated_at = rendered(now)
        document, due = written(stored), milliseconds(now) + ready.kept_ms
        if len(document) > MAX_DOCUMENT_BYTES:
            return None
        its = ready.commit
        about = None, its.after, its.ttl_ms, due, True, None, its.parts, its.acts
        applied = Applied(ReadRecord(task, task_json.digest(document), due), document)
        return applied, Commit(task_id, "", document, *about)

    def known(
        self, task_id: str, event: ev.Created, created_at: datetime, digest: str
    ) -> ReadRecord | None:
        """The record that another process has written by `of`, with the digest of its document."""
        if (ready := self._like(task_id, event, created_at)) is None:
            return None
        due = milliseconds(created_at) + ready.kept_ms
        return ReadRecord(_task(ready, task_id, event, created_at), digest, due)

    def _like(self, task_id: str, event: ev.Created, now: datetime) -> _Ready | None:
        """The prepared record of the publish's kind; None if it has none."""
        about = event.identity
        if (
            about.metadata
            or about.again_of is not None
            or event.eta is not None
            or event.expires is not None
            or event.at is not None
            or event.attempt is not None
            or len(task_id) > MAX_ID
            or not is_plain(task_id)
            or event.message is not None
            or event.workflow_name is not None
            or event.workflow_total is not None
        ):
            return None
        own = None if about.root_id is None else about.root_id == task_id
        marks = about.again, about.scheduled, about.keeps_message
        others = about.expect_s, about.stall_s, about.owner, about.member, marks
        kind = (about.task_type, about.total_items, about.symbol, about.keeps_results, others, own)
        if (ready := self._ready.get(kind)) is None:
            # Of most workflows there is one member of a kind: it is not worth a preparation.
            worth = about.member is None or kind in self._ready
            if worth and (ready := self._made(task_id, event, now)) is None:
                return None
            if len(self._ready) >= _MOST:
                self._ready.clear()
            self._ready[kind] = ready
        return ready

    def _made(self, task_id: str, event: ev.Created, now: datetime) -> _Ready | None:
        """A record as `Records.apply` would make it; None for one that it would refuse, and for one
        that a part of the commit is made for alone."""
        settings = self._flows.settings
        task = transition(
            None,
            event,
            now,
            task_id=task_id,
            locale=settings.locale,
            lease_s=settings.lease_s,
            revision=1,
        )
        stored, steps = task_json.stored_of(task), ((None, event, task),)
        try:
            commit, due = self._flows.commit(None, None, steps, task, written(stored), now)
        except InvalidEvent:
            return None
        if None in [part.shared for part in commit.parts]:
            return None
        return _Ready(task, stored, commit, due - milliseconds(now))


def _task(ready: _Ready, task_id: str, event: ev.Created, now: datetime) -> Task:
    about = event.identity
    return replace(
        ready.task,
        task_id=task_id,
        parent_id=about.parent_id,
        root_id=about.root_id,
        group_id=about.group_id,
        traceparent=about.traceparent,
        created_at=now,
        updated_at=now,
    )
