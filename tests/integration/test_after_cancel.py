"""Which hooks of a task's class are called for a cancelled run, so that it frees what it holds."""

from collections.abc import Iterator
from typing import Any

import celery_once.backends.redis
import celery_singleton.backends
import pytest
from celery import chord
from celery.exceptions import TaskRevokedError
from celery.utils import uuid

from tests.integration.control import Control
from tests.integration.locking import LISTENS
from tests.integration.test_control import started
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

#: Each once, whatever the class.
CALLED = {"on_failure-TaskCancelled": 1, "after_return-REVOKED": 1}


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    """celery-progress listens too in the worker."""
    yield {LISTENS: "1"}
    # Both keep a client for the whole process.
    if celery_singleton.backends._backend is not None:
        celery_singleton.backends._backend.redis.close()
        celery_singleton.backends._backend = None
    if celery_once.backends.redis.redis is not None:
        celery_once.backends.redis.redis.close()
        celery_once.backends.redis.redis = None


@pytest.fixture(scope="module")
def service(url: str) -> Control:
    return Control(url)


def called(world: World, task_id: str) -> dict[str, int]:
    """Which hooks were called, and how often."""
    hooks = ("on_failure-TaskCancelled", "on_success", "after_return-REVOKED")
    hooks += ("after_return-SUCCESS", "after_return-IGNORED", "after_return-FAILURE")
    return {hook: times for hook in hooks if (times := len(world.gate.pids(task_id, hook)))}


def cancelled(world: World, task_id: str) -> None:
    """Waits for the hooks; Celery and the record agree, and a wait for the result ends."""
    eventually(lambda: called(world, task_id) == CALLED, TIMEOUT_S, what="the hooks")
    with pytest.raises(TaskRevokedError):
        world.app.AsyncResult(task_id).get(timeout=TIMEOUT_S)
    assert world.record(task_id)["status"] == "cancelled"


def goes_on(world: World) -> None:
    """A job that comes and goes: the worker has called all hooks of those before it."""
    task_id = world.send()
    world.go(task_id)
    assert world.ended(task_id)["status"] == "completed"


def test_a_running_job(world: World, service: Control) -> None:
    task_id = started(world, "hooked")
    service.cancel(task_id)
    cancelled(world, task_id)
    goes_on(world)
    cancelled(world, task_id)


def test_a_job_that_never_began(world: World, service: Control) -> None:
    task_id = str(world.app.tasks["hooked"].apply_async(queue="parked").id)
    service.cancel(task_id)
    world.receive("parked")
    cancelled(world, task_id)
    assert world.gate.pids(task_id, "began") == []


def test_a_member_of_a_chord(world: World, service: Control) -> None:
    task = world.app.tasks["hooked"]
    result = chord([task.si(), task.si()], task.si()).apply_async()
    first, second = (str(member.id) for member in result.parent.children)
    for task_id in (first, second):
        world.begun(task_id)
        service.cancel(task_id)
        cancelled(world, task_id)
    eventually(lambda: world.result(result.id)["status"] == "FAILURE", TIMEOUT_S)


@pytest.mark.parametrize(("name", "queued"), [("singleton", True), ("once", False)])
def test_the_next_job_is_sent_and_runs(
    world: World, service: Control, name: str, queued: bool
) -> None:
    task = world.app.tasks[name]
    first = str(task.apply_async(countdown=4).id) if queued else started(world, name)
    assert task.delay().id in (first, None)  # the lock is held
    service.cancel(first)
    following: list[str] = []

    def is_sent() -> bool:
        following.append(task.delay().id)
        return following[-1] not in (first, None)

    eventually(is_sent, TIMEOUT_S, what="the next job")
    world.begun(following[-1])
    world.gate.mark(following[-1], "enough")
    assert world.ended(following[-1])["status"] == "completed"
    assert world.result(first)["status"] == "REVOKED"


def test_a_terminated_job(world: World, service: Control) -> None:
    task = world.app.tasks["singleton"]
    task_id = started(world, "singleton")
    service.cancel(task_id)
    world.revoke(task_id, terminate=True)
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
    held: Any = (task_id, None)
    following = eventually(
        lambda: (sent := task.delay().id) not in held and sent, TIMEOUT_S, what="the next job"
    )
    world.begun(following)
    world.gate.mark(following, "enough")
    assert world.ended(following)["status"] == "completed"


def test_celerys_own_revoke_ends_a_job_as_ever(world: World) -> None:
    world.revoke(task_id := uuid())
    world.app.tasks["hooked"].apply_async(task_id=task_id)
    eventually(lambda: world.record(task_id)["status"] == "cancelled", TIMEOUT_S)
    goes_on(world)
    assert called(world, task_id) == {}
