"""Tasks of the site, in a module that no Celery worker looks for."""

from __future__ import annotations

import os
import signal
from threading import Event
from typing import Any

from django.tasks import TaskContext, task
from django.tasks.signals import task_finished, task_started

#: Work that takes seconds.
pause = Event().wait


class Declined(Exception):
    """An exception of the site."""


def make_unimportable() -> type[Exception]:
    class Local(Exception):
        pass

    return Local


@task
def add(a: int, b: int = 0) -> int:
    return a + b


@task
async def add_async(a: int, b: int = 0) -> int:
    return a + b


@task
def decline(reason: str) -> None:
    raise Declined(reason)


@task
def decline_locally() -> None:
    raise make_unimportable()("here alone")


@task
def leave() -> None:
    raise SystemExit(3)


@task
def unwritable() -> object:
    return object()


@task
def large(size: int) -> str:
    return "x" * size


@task
def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@task(takes_context=True)
def count(context: TaskContext, items: int) -> list[Any]:
    for item in range(items):
        context.progress.update(item, items)
    return [context.task_result.id, context.attempt]


@task(takes_context=True)
def count_on(context: TaskContext) -> None:
    for item in range(6_000):
        context.progress.update(item, 6_000)
        pause(0.01)


def note(sender: type, task_result: Any, **_: Any) -> None:
    from tests.django.proj import app

    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("noted")
        queue.put([sender.__name__, task_result.status, task_result.id, len(task_result.errors)])
        queue.close()


if os.environ.get("SITE_NOTES"):
    task_started.connect(note)
    task_finished.connect(note)
