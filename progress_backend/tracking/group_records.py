"""Batches for the records of a group's members: one round trip for many messages."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from ..flows.stored_record import Applied, milliseconds
from ..operations import workflows
from ..record import events as ev
from ..record.canvas import name_of
from ..runs.fork_guard import no_fork_in_between
from ..runs.writer import Entry
from . import batch_timer, plans
from .batch_timer import PATIENCE_S
from .headers import add_created, is_new, not_published, runs
from .membership import Joined
from .process import Process
from .tracker import Tracker

#: Most messages that are kept until their records are begun.
MOST = 100
#: Leases for which a workflow stays open whose publish goes on without sending anything.
_LEASES = 5


class _Member(NamedTuple):
    tracker: Tracker
    task_id: str
    created: ev.Created
    headers: dict[str, Any]


class _Named(NamedTuple):
    """A message that names tasks which follow."""

    joined: Joined
    headers: dict[str, Any]
    tracked: bool


class _Canvas:
    """The canvas that a batch publishes, in one app."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.plan = plans.Plan(tracker)
        #: The task of its first message, and of how many of those that begin it.
        self.first, self.alike = "", 0
        self.given: str | None = None
        self.total: int | None = None
        #: The workflow, where the batch begins it.
        self.workflow_id: str | None = None
        self.token: str | None = None
        #: By the identity of their headers.
        self.named: dict[int, _Named] = {}

    def add(self, name: str, joined: Joined, headers: dict[str, Any], tracked: bool) -> None:
        """Adds a message that is published next."""
        if not joined.goes_on:
            if self.workflow_id is None:  # the messages of a batch have one last task
                self.given = joined.name or self.plan.name(joined)
            self.workflow_id = joined.member.workflows[-1]
            self.given = joined.name or self.given
            self.total = self.total or joined.total
            self.first = self.first or name
            self.alike += name == self.first
        self.named[id(headers)] = _Named(joined, headers, tracked)

    def planned(self, ids: Iterable[int], *, fresh: bool) -> Iterator[Entry]:
        """The events that begin the records of what messages name: of those that begin a canvas,
        or (`fresh`) of those that go on with it."""
        for one in ids:
            message = self.named.get(one)
            if message is not None and message.joined.goes_on is fresh:
                yield from self.plan.ahead(*message)

    def holds(self, process: Process, *, last: bool) -> None:
        """Keeps the workflow open while more members may be published; `last` ends that."""
        if self.workflow_id is None or (last and self.token is None):
            return
        self.token = self.token or uuid.uuid4().hex
        ttl_ms = 0 if last else int(_LEASES * self.tracker.settings.lease_s * 1000)
        now_ms = milliseconds(process.store.now())
        process.sender.ask(workflows.publishing(self.workflow_id, self.token, now_ms, ttl_ms))


class Batch:
    """A kombu producer that keeps messages, in order, until the records of their tasks are begun.

    All other attributes are the producer's own.
    """

    def __init__(self, producer: Any) -> None:
        self._producer = producer
        #: By the identity of their headers; a member whose publish raises is left in here.
        self._members: dict[int, _Member] = {}
        self._canvases: dict[Tracker, _Canvas] = {}
        self._messages: list[tuple[Any, dict[str, Any]]] = []
        self._since = 0.0
        #: Held by the thread that sends the kept messages: the publishing one, or the timer's.
        self._lock = threading.RLock()
        #: The exception of a send in the timer's thread, which the publishing thread raises.
        self._failed: BaseException | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def join(
        self,
        tracker: Tracker,
        name: str,
        joined: Joined,
        headers: dict[str, Any],
        *,
        tracked: bool,
    ) -> None:
        """Adds a workflow's message, which is published next."""
        if (canvas_ := self._canvases.get(tracker)) is None:
            canvas_ = self._canvases[tracker] = _Canvas(tracker)
        canvas_.add(name, joined, headers, tracked)

    def begin(
        self, tracker: Tracker, task_id: str, created: ev.Created, headers: dict[str, Any]
    ) -> None:
        """Adds a task without a record, whose message is published next; its headers may be
        changed."""
        self._members[id(headers)] = _Member(tracker, task_id, created, headers)

    def publish(self, body: Any, **options: Any) -> None:
        """Keeps a message, as `kombu.Producer.publish` takes it."""
        with self._lock:
            now = time.monotonic()
            if not self._messages:
                self._since = now
                batch_timer.watch(self)
            self._messages.append((body, options))
            if len(self._messages) >= MOST or self._failed or now - self._since > PATIENCE_S:
                self.flush()

    def flush(self, *, last: bool = False) -> None:
        """Begins the records, then publishes the messages; a task whose message is not sent gets a
        failed record. `last`: no more follow."""
        with self._lock:
            messages, self._messages = self._messages, []
            failed, self._failed = self._failed, None
            keys = [id(options.get("headers")) for _, options in messages]
            members = {key: m for key in keys if (m := self._members.pop(key, None)) is not None}
            unsent, sent = {key: (member, 0) for key, member in members.items()}, 0
            try:
                for member, begun in self._begun(members, keys, last):
                    add_created(begun, member.headers)
                    if runs(begun):
                        del unsent[id(member.headers)]
                    else:
                        unsent[id(member.headers)] = member, begun.task.attempt
                if failed is not None:
                    raise failed
                for key, (body, options) in zip(keys, messages, strict=True):
                    self._producer.publish(body, **options)
                    unsent.pop(key, None)
                    sent += 1
            except BaseException as error:  # KeyboardInterrupt too, or a time-out of gevent's
                for member, attempt in unsent.values():
                    identity = member.created.identity
                    not_published(member.tracker, member.task_id, error, identity, attempt)
                self._end_planned(keys[sent:])
                raise
            finally:
                self._forget(keys)

    def flush_if_due(self) -> bool:
        """Sends messages that were kept too long, in the timer's thread; whether it got the
        lock."""
        with no_fork_in_between():
            if not self._lock.acquire(blocking=False):
                return False
            try:
                if self._messages and time.monotonic() - self._since >= PATIENCE_S:
                    self.flush()
            except BaseException as error:  # raised again in the publishing thread
                self._failed = error
            finally:
                self._lock.release()
        return True

    def _begun(
        self, members: dict[int, _Member], keys: list[int], last: bool
    ) -> Iterator[tuple[_Member, Applied]]:
        """Begins the records, one round trip for each app; yields those that were recorded."""
        by_tracker: dict[Tracker, list[_Member]] = {tracker: [] for tracker in self._canvases}
        for member in members.values():
            by_tracker.setdefault(member.tracker, []).append(member)
        for tracker, its in by_tracker.items():
            if (process := tracker.process) is None:
                continue
            if (of_one := self._canvases.get(tracker)) is None:
                several = process.sender.record_together(
                    [(None, m.task_id, (m.created,)) for m in its]
                )
            else:
                several = _begun_in_a_workflow(process, of_one, its, keys, last)
            both = zip(its, several, strict=True)
            yield from ((m, begun) for m, begun in both if begun is not None)

    def _end_planned(self, unsent: list[int]) -> None:
        """Ends the records of what was to follow messages that could not be sent."""
        for tracker, of_one in self._canvases.items():
            if (process := tracker.process) is None:
                continue
            for key in unsent:
                if (message := of_one.named.get(key)) is not None:
                    name = str(message.headers.get("task"))
                    plans.end_ahead(tracker, process, message.joined.ahead, name, cancelled=False)

    def _forget(self, keys: list[int]) -> None:
        for of_one in self._canvases.values():
            for key in keys:
                of_one.named.pop(key, None)


def _begun_in_a_workflow(
    process: Process, of_one: _Canvas, its: list[_Member], keys: list[int], last: bool
) -> list[Applied | None]:
    """Begins the records of members, and of the tasks that their messages name."""
    if not last:
        of_one.holds(process, last=False)
    entries: list[Entry] = [(None, m.task_id, (m.created,)) for m in its]
    if its and of_one.workflow_id is not None:
        title = of_one.given or name_of(of_one.first, of_one.alike)
        told = replace(its[0].created, workflow_name=title, workflow_total=of_one.total)
        entries[0] = (None, its[0].task_id, (told,))
    begun: list[Applied | None] = plans.begin(process, entries, of_one.planned(keys, fresh=False))
    # Messages of a canvas that was sent before name tasks that are planned already, unless no
    # message has named these themselves.
    new = [
        id(member.headers)
        for member, one in zip(its, begun, strict=True)
        if one is not None and is_new(one)
    ]
    unforeseen = of_one.planned(new, fresh=True)
    if (one := next(unforeseen, None)) is not None:
        plans.begin(process, (), chain([one], unforeseen))
    if last:
        of_one.holds(process, last=True)
    return begun
