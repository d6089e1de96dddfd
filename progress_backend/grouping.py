"""Begins the records of a group's members in batches: one round trip for many messages."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from celery import canvas
from celery.app import amqp

from . import events as ev
from .message import not_published, runs, tell_worker
from .record import Applied
from .tracker import Tracker, tracker_of

#: Messages that are kept at most until their records are begun; and the time after which the next
#: one takes the kept ones along, where a generator of members is slow.
MOST, PATIENCE_S = 100, 0.1
#: Set while a worker publishes a task's callbacks, from Celery 5.7 on: it tries each message again
#: by itself, and has to hear of each failure at once.
_callbacks = getattr(amqp, "_callback_publish_retry", None)


class _Member(NamedTuple):
    task_id: str
    created: ev.Created
    headers: dict[str, Any]


class Batch:
    """A producer that keeps messages, in their order, until the records of their tasks are begun.

    All else is the producer's own.
    """

    def __init__(self, tracker: Tracker, producer: Any) -> None:
        self._tracker = tracker
        self._producer = producer
        self._members: list[_Member] = []
        self._messages: list[tuple[Any, dict[str, Any]]] = []
        self._since = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def begin(self, task_id: str, created: ev.Created, headers: dict[str, Any]) -> None:
        """The next message is a task's that has no record yet; its headers, to be added to."""
        self._members.append(_Member(task_id, created, headers))

    def publish(self, body: Any, **options: Any) -> None:
        """Keeps a message, as `kombu.Producer.publish` takes it."""
        now = time.monotonic()
        if not self._messages:
            self._since = now
        self._messages.append((body, options))
        if len(self._messages) >= MOST or now - self._since > PATIENCE_S:
            self.flush()

    def flush(self) -> None:
        """Begins the records, then publishes. What an error leaves unpublished is recorded so."""
        messages, self._messages = self._messages, []
        kept = {id(options.get("headers")) for _, options in messages}
        # One may have been interrupted before it had its message.
        members = [member for member in self._members if id(member.headers) in kept]
        self._members = []
        unsent = {id(member.headers): (member.task_id, 0) for member in members}
        try:
            for member, begun in zip(members, self._begun(members), strict=True):
                if begun is None:
                    continue
                tell_worker(begun, member.headers)
                if runs(begun):
                    del unsent[id(member.headers)]
                else:
                    unsent[id(member.headers)] = member.task_id, begun.task.attempt
            for body, options in messages:
                self._producer.publish(body, **options)
                unsent.pop(id(options.get("headers")), None)
        except BaseException as error:  # KeyboardInterrupt too, or a time-out of gevent's
            for task_id, attempt in unsent.values():
                not_published(self._tracker, task_id, error, attempt)
            raise

    def _begun(self, members: list[_Member]) -> list[Applied | None]:
        process = self._tracker.process
        if process is None or not members:
            return [None] * len(members)
        return process.sender.begin([(None, m.task_id, (m.created,)) for m in members])


def watch() -> None:
    """Has every group publish through a batch if its app is installed; once a process."""
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
        if one_by_one or tracker is None or tracker.process is None:
            yield from apply_tasks(group, tasks, producer, app, *args, **options)
            return
        with app.producer_or_acquire(producer) as own:
            batch = Batch(tracker, own)
            try:
                yield from apply_tasks(group, tasks, batch, app, *args, **options)
            finally:
                with own.connection._reraise_as_library_errors():
                    batch.flush()

    canvas.group._apply_tasks = apply_in_batches
