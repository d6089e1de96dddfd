"""What a task's class is told of a cancelled run, so that it gives back what it holds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import celery_once.backends.redis
import celery_singleton.backends
import pytest
from celery import chord
from celery.exceptions import TaskRevokedError

from tests.integration.conftest import pools, running, worker
from tests.integration.control import Control
from tests.integration.locking import LISTENS
from tests.integration.test_control import started
from tests.integration.world import TIMEOUT_S, World
from tests.waiting import eventually

pytestmark = pytest.mark.integration

#: Each once, whatever the class.
SAID = {"on_failure-TaskCancelled": 1, "after_return-REVOKED": 1}


@pytest.fixture(scope="module", params=pools("threads", "solo", "gevent"))
def pool(request: pytest.FixtureRequest) -> str:
    pool: str = request.param
    return pool


@pytest.fixture(scope="module")
def world(folder: Path, url: str, pool: str) -> Iterator[World]:
    """A worker in which celery-progress listens too, before us or after us."""
    env = {LISTENS: "before" if pool == "threads" else "after"}
    concurrency = 1 if pool == "solo" else 2
    with running(worker(pool, folder, url, pool=pool, concurrency=concurrency, env=env)):
        with contextlib.closing(World(folder, broker=url, results=url, store=url)) as world:
            world.pool = pool
            yield world
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


def said(world: World, task_id: str) -> dict[str, int]:
    """Which hooks were called, and how often."""
    hooks = ("on_failure-TaskCancelled", "on_success", "after_return-REVOKED")
    hooks += ("after_return-SUCCESS", "after_return-IGNORED", "after_return-FAILURE")
    return {hook: times for hook in hooks if (times := len(world.gate.pids(task_id, hook)))}


def cancelled(world: World, task_id: str) -> None:
    """Waits for the hooks; Celery and the record agree, and whoever asks for the result hears."""
    eventually(lambda: said(world, task_id) == SAID, TIMEOUT_S, what="the hooks")
    with pytest.raises(TaskRevokedError):
        world.app.AsyncResult(task_id).get(timeout=TIMEOUT_S)
    assert world.record(task_id)["status"] == "cancelled"


def goes_on(world: World) -> None:
    """A job that comes and goes: what the worker had to say of those before it has been said."""
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
    task_id = str(world.app.tasks["hooked"].apply_async(countdown=1.5).id)
    service.cancel(task_id)
    cancelled(world, task_id)
    assert world.gate.pids(task_id, "began") == []


def test_hooks_that_raise_hurt_nobody(world: World, service: Control) -> None:
    task_id = started(world, "rude")
    service.cancel(task_id)
    cancelled(world, task_id)
    goes_on(world)


def test_results_that_are_away_keep_no_hook_from_its_work(world: World, service: Control) -> None:
    task_id = started(world, "unstored")
    service.cancel(task_id)
    eventually(lambda: said(world, task_id) == SAID, TIMEOUT_S, what="the hooks")


def test_a_job_that_hears_nothing_ends_as_celery_says(world: World, service: Control) -> None:
    task_id = started(world, "hooked_deaf")
    service.cancel(task_id)
    world.gate.mark(task_id, "enough")
    ended = {"on_success": 1, "after_return-SUCCESS": 1}
    eventually(lambda: said(world, task_id) == ended, TIMEOUT_S)
    assert world.result(task_id)["status"] == "SUCCESS"


def test_a_member_of_a_chord(world: World, service: Control) -> None:
    task = world.app.tasks["hooked"]
    result = chord([task.si(), task.si()], task.si()).apply_async()
    first, second = (str(member.id) for member in result.parent.children)
    for task_id in (first, second):
        world.begun(task_id)
        service.cancel(task_id)
        cancelled(world, task_id)
    eventually(lambda: world.result(result.id)["status"] == "FAILURE", TIMEOUT_S)


@pytest.mark.parametrize("queued", [False, True], ids=["running", "queued"])
@pytest.mark.parametrize("name", ["singleton", "once"])
def test_the_next_job_is_sent_and_runs(
    world: World, service: Control, name: str, queued: bool
) -> None:
    task = world.app.tasks[name]
    first = str(task.apply_async(countdown=1.5).id) if queued else started(world, name)
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


@pytest.mark.parametrize("name", ["hooked", "singleton", "once"])
def test_a_terminated_job(world: World, service: Control, name: str) -> None:
    if world.pool in ("threads", "solo"):
        pytest.skip("Celery cannot terminate what runs in a thread")
    task = world.app.tasks[name]
    task_id = started(world, name)
    service.cancel(task_id)
    world.revoke(task_id, terminate=True)
    eventually(lambda: world.result(task_id)["status"] == "REVOKED", TIMEOUT_S)
    if name == "hooked":
        eventually(lambda: set(said(world, task_id)) == set(SAID), TIMEOUT_S)
    else:
        held: Any = (task_id, None)
        following = eventually(
            lambda: (sent := task.delay().id) not in held and sent, TIMEOUT_S, what="the next job"
        )
        world.begun(following)
        world.gate.mark(following, "enough")
        assert world.ended(following)["status"] == "completed"


def test_celerys_own_revoke_ends_a_job_as_ever(world: World) -> None:
    task_id = str(world.app.tasks["hooked"].apply_async(countdown=1.5).id)
    world.revoke(task_id)
    eventually(lambda: world.record(task_id)["status"] == "cancelled", TIMEOUT_S)
    goes_on(world)
    assert said(world, task_id) == {}
