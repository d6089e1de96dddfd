"""Ways that a task is sent besides a plain message: they change nothing of what is recorded."""

from collections.abc import Iterator

import pytest
from celery import chain, chord, group
from celery.utils import uuid

from tests.integration.gate import VARIABLE
from tests.integration.row import COMPLETED, RUNNING, Row, Seen
from tests.integration.world import World


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


SENT = (
    Row("applied eagerly", "`apply()`, or `task_always_eager`", eagerly, COMPLETED),
    Row("in a group", "a member of `group(…)`", in_a_group, COMPLETED, RUNNING),
    Row("in a chain", "a later task of `chain(…)`", in_a_chain, COMPLETED, RUNNING),
    Row("after a chord", "the body of `chord(…)`", after_a_chord, COMPLETED, RUNNING),
    Row(
        "sent again",
        "`apply_async` with the id of a task that has ended",
        again,
        Seen("completed", message=COMPLETED.message, results=COMPLETED.results, attempt=2),
    ),
)
