"""Batches for the records of a group's members: one round trip for many messages."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from celery import canvas
from celery.app import amqp

from ..flows.stored_record import Applied
from ..record import events as ev
from ..runs.fork_guard import no_fork_in_between
from . import batch_timer
from .batch_timer import PATIENCE_S
from .headers import add_created, not_published, runs
from .tracker import Tracker, tracker_of

#: Most messages that are kept until their records are begun.
MOST = 100
#: Set while a worker publishes a task's callbacks, from Celery 5.7 on: Celery retries each message
#: itself, so each failure has to raise at once.
_callbacks = getattr(amqp, "_callback_publish_retry", None)


class _Member(NamedTuple):
    tracker: Tracker
    task_id: str
    created: ev.Created
    headers: dict[str, Any]


class Batch:
    """A kombu producer that keeps messages, in order, until the records of their tasks are begun.

    All other attributes are the producer's own.
    """

    def __init__(self, producer: Any) -> None:
        self._producer = producer
        #: By the identity of their headers; a member whose publish raises is left in here.
        self._members: dict[int, _Member] = {}
        self._messages: list[tuple[Any, dict[str, Any]]] = []
        self._since = 0.0
        #: Held by the thread that sends the kept messages: the publishing one, or the timer's.
        self._lock = threading.RLock()
        #: The exception of a send in the timer's thread, which the publishing thread raises.
        self._failed: BaseException | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

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

    def flush(self) -> None:
        """Begins the records, then publishes the messages; a task whose message is not sent gets a
        failed record."""
        with self._lock:
            messages, self._messages = self._messages, []
            failed, self._failed = self._failed, None
            keys = [id(options.get("headers")) for _, options in messages]
            members = {key: m for key in keys if (m := self._members.pop(key, None)) is not None}
            unsent = {key: (member, 0) for key, member in members.items()}
            try:
                for member, begun in _begun(members.values()):
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
            except BaseException as error:  # KeyboardInterrupt too, or a time-out of gevent's
                for member, attempt in unsent.values():
                    identity = member.created.identity
                    not_published(member.tracker, member.task_id, error, identity, attempt)
                raise

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


def _begun(members: Iterable[_Member]) -> Iterator[tuple[_Member, Applied]]:
    """Begins the records, one round trip for each app; yields those that were recorded."""
    by_tracker: dict[Tracker, list[_Member]] = {}
    for member in members:
        by_tracker.setdefault(member.tracker, []).append(member)
    for tracker, its in by_tracker.items():
        if (process := tracker.process) is None:
            continue
        several = process.sender.begin([(None, m.task_id, (m.created,)) for m in its])
        yield from ((m, begun) for m, begun in zip(its, several, strict=True) if begun is not None)


def watch() -> None:
    """Patches Celery's group to publish through a batch where its app is installed; once per
    process."""
    apply_tasks = canvas.group._apply_tasks
    if hasattr(apply_tasks, "__wrapped__"):
        return

    @functools.wraps(apply_tasks)
    def apply_in_batches(
        group: Any, tasks: Any, producer: Any = None, app: Any = None, *args: Any, **options: Any
    ) -> Iterator[Any]:
        app = app or group.app
        tracker = tracker_of(app)
        one_by_one = _callbacks is not None and _callbacks.get()
        within = isinstance(producer, Batch)  # a group in a group uses the outer group's batch
        if one_by_one or within or tracker is None or tracker.process is None:
            yield from apply_tasks(group, tasks, producer, app, *args, **options)
            return
        with app.producer_or_acquire(producer) as own:
            batch = Batch(own)
            try:
                yield from apply_tasks(group, tasks, batch, app, *args, **options)
            finally:
                with own.connection._reraise_as_library_errors():
                    batch.flush()

    canvas.group._apply_tasks = apply_in_batches
