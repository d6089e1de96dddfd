"""Patches Celery's `send_task` and groups. The modules that record a publish are imported at the
first one."""

from __future__ import annotations

import functools
from typing import Any

from celery import canvas
from celery.app import amqp
from celery.utils import uuid

from .publish import Publish, current
from .tracker import Tracker, tracker_of

#: Set while a worker publishes a task's callbacks, from Celery 5.7 on: Celery retries each message
#: itself, so each failure has to raise at once.
_callbacks = getattr(amqp, "_callback_publish_retry", None)
#: Place of the producer among the arguments of a group's `apply_async`.
_PRODUCER = 3
#: `send_task`'s arguments after the name that may be positional.
_ARGUMENTS = ("args", "kwargs", "countdown", "eta", "task_id", "producer")


def watch_calls(tracker: Tracker) -> None:
    """Patches `app.send_task`, so that a publish that raises gives the task a failed record: Celery
    has no signal for it."""
    send_task = tracker.app.send_task

    @functools.wraps(send_task)
    def send(name: str, *args: Any, **options: Any) -> Any:
        app = tracker.app
        if name not in app._tasks:
            if not app.finalized and app.autofinalize:
                app.finalize(auto=True)  # before that Celery has only lazy promises of the tasks
            if name not in app._tasks:
                from . import remote_tasks

                remote_tasks.look_for(tracker, name)
        marking = tracker.marking_for(name, options.get("headers"))
        given = dict(zip(_ARGUMENTS, args, strict=False)) | options
        if (
            marking is not None
            and not given.get("task_id")
            and "task_id" not in _ARGUMENTS[: len(args)]
        ):
            options["task_id"] = given["task_id"] = uuid()
        publish, outer = Publish(tracker, given.get("producer"), marking), current.publish
        current.publish = publish
        publish.serializer = options.get("serializer")
        try:
            sent = send_task(name, *args, **options)
        except BaseException as error:  # KeyboardInterrupt too, or a time-out of gevent's
            if publish.marking is not None or any(publish.ahead):
                from .publishing import not_called

                not_called(publish, error, name, given)
            raise
        finally:
            current.publish = outer
        if publish.limit is not None:
            raise publish.limit
        return sent

    tracker.app.send_task = send


def watch_groups() -> None:
    """Patches Celery's group, once per process, to publish through a batch if its app is tracked.
    The batch is the `producer` argument of `apply_async`: if a Celery does not use it, each
    member's record is created singly."""
    apply_async = canvas.group.apply_async
    if hasattr(apply_async, "__wrapped__"):
        return

    @functools.wraps(apply_async)
    def in_a_batch(group: Any, *args: Any, **options: Any) -> Any:
        tracker = tracker_of(group.app)
        one_by_one = _callbacks is not None and _callbacks.get()
        if (
            tracker is None
            or tracker.process is None
            or not group.tasks
            or one_by_one
            or len(args) >= _PRODUCER
        ):
            return apply_async(group, *args, **options)
        from .group_records import Batch

        app, producer = group.app, options.pop("producer", None)
        if isinstance(producer, Batch) or app.conf.task_always_eager:
            # A group in a group uses the outer group's batch.
            return apply_async(group, *args, producer=producer, **options)
        with app.producer_or_acquire(producer) as own:
            batch = Batch(own, tracker)
            try:
                return apply_async(group, *args, producer=batch, **options)
            finally:
                with own.connection._reraise_as_library_errors():
                    batch.flush(last=True)

    canvas.group.apply_async = in_a_batch
