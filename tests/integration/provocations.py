"""How each row of the matrix is brought about on a live worker.

Each is a generator that yields the task's id once, when what is seen during the run can be looked
at, and ends when nothing more has to be done for the end to come.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import chain, chord, group
from celery.utils import uuid
from kombu.exceptions import OperationalError

from tests.integration.gate import VARIABLE
from tests.integration.world import World
from tests.waiting import eventually

Provoke = Callable[[World], Iterator[str]]


def ends_with(outcome: str, value: object = None, *, job: str = "job", **how: Any) -> Provoke:
    """The job runs to its gate, then ends as it says."""

    def provoke(world: World) -> Iterator[str]:
        task_id = world.send(outcome, value, job=job, **how)
        world.begun(task_id)
        yield task_id
        world.go(task_id)

    return provoke


def never_runs(job: str = "job", **how: Any) -> Provoke:
    """The body is never reached."""

    def provoke(world: World) -> Iterator[str]:
        yield world.send(job=job, **how)

    return provoke


def runs_again(outcome: str, value: object = None, *, job: str = "job") -> Provoke:
    """The first run asks for a second one, which is looked at."""

    def provoke(world: World) -> Iterator[str]:
        task_id = world.send(outcome, value, job=job)
        world.go(task_id)
        yield task_id

    return provoke


def child_killed(job: str, *, again: bool = False, lost: int = 0) -> Provoke:
    """`kill -9` of the pool's process while it runs the job; the second run says how many are
    lost."""

    def provoke(world: World) -> Iterator[str]:
        task_id = world.send(job=job)
        world.begun(task_id)
        yield task_id
        os.kill(world.gate.pids(task_id, "began")[-1], signal.SIGKILL)
        if again:
            world.begun(task_id, runs=2)
            assert world.until(task_id, attempt=2)["_"].get("lost_runs", 0) == lost
            world.go(task_id)

    return provoke


def revoked_running(**how: object) -> Provoke:
    """`revoke(...)` while it runs."""

    def provoke(world: World) -> Iterator[str]:
        task_id = world.send()
        world.begun(task_id)
        yield task_id
        world.revoke(task_id, **how)
        world.go(task_id)

    return provoke


def terminated(number: str) -> Provoke:
    """`revoke(terminate=True)` while it runs; where a pool cannot end a job it goes on."""

    def provoke(world: World) -> Iterator[str]:
        task_id = world.send()
        world.begun(task_id)
        yield task_id
        world.revoke(task_id, terminate=True, signal=number)
        if world.pool in ("threads", "solo"):
            world.go(task_id)

    return provoke


def revoked_before_receipt(world: World) -> Iterator[str]:
    task_id = uuid()
    world.revoke(task_id)
    yield world.send(task_id=task_id)


def revoked_before_eta(world: World) -> Iterator[str]:
    task_id = world.send(countdown=10)
    eventually(lambda: world.scheduled(task_id), what="the task waits in the worker")
    world.revoke(task_id)
    yield task_id


def not_published(world: World) -> Iterator[str]:
    """The broker is away for the publisher; the store is not."""
    task_id = uuid()
    with contextlib.closing(world.cut_off()) as publisher:
        with pytest.raises(OperationalError):
            publisher.send(task_id=task_id)
    yield task_id


def unknown(world: World) -> Iterator[str]:
    headers = {"progress": {"task_type": "nobody's"}}
    yield str(world.app.send_task("nobody.knows.it", headers=headers).id)


def message_came_twice(outcome: str) -> Provoke:
    """A copy of the message that the broker does not call redelivered, after the end."""

    def provoke(world: World) -> Iterator[str]:
        task_id = world.send(outcome)
        world.go(task_id)
        world.ended(task_id)
        world.duplicate(task_id, "job", [outcome, None])
        world.went(task_id, runs=2)
        yield task_id

    return provoke


def eagerly(world: World) -> Iterator[str]:
    task_id = uuid()
    world.go(task_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(world.gate.folder))  # the job's gate is this process's now
        world.app.tasks["job"].apply(("return", None), task_id=task_id)
    yield task_id


def in_a_group(world: World) -> Iterator[str]:
    job = world.app.tasks["job"]
    members = [job.si("return").set(task_id=uuid()) for _ in range(3)]
    sent = group(members, app=world.app).apply_async()
    first, *others = [str(member.id) for member in sent.results]
    for task_id in others:
        world.go(task_id)
    world.begun(first)
    yield first
    world.go(first)


def in_a_chain(world: World) -> Iterator[str]:
    job, task_id = world.app.tasks["job"], uuid()
    chain(world.app.tasks["echo"].si(1), job.si("return").set(task_id=task_id)).apply_async()
    world.begun(task_id)
    yield task_id
    world.go(task_id)


def after_a_chord(world: World) -> Iterator[str]:
    echo, task_id = world.app.tasks["echo"], uuid()
    end = world.app.tasks["job"].si("return").set(task_id=task_id)
    chord([echo.si(number) for number in range(3)], end, app=world.app).apply_async()
    world.begun(task_id)
    yield task_id
    world.go(task_id)


def again(world: World) -> Iterator[str]:
    """Once it has ended."""
    task_id = world.send("raises")
    world.go(task_id)
    world.ended(task_id)
    world.send(task_id=task_id)
    world.went(task_id, runs=2)
    yield task_id
