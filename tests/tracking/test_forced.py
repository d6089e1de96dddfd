"""Ends that are asked for from outside, of records that a worker's run holds."""

from datetime import UTC, datetime
from typing import Any

import pytest

from progress_backend.errors import HeldByWorker, InvalidEvent, TransitionRefused
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.caller_events import update
from progress_backend.record.model import Task, Worker
from progress_backend.record.transition import transition
from progress_backend.service.redis_progress_service import RedisProgressService
from tests.record.steps.given import IDENTITY, OURS, after

ENDS = ("completed", "error")


async def held(redis_service: RedisProgressService, until_s: float | None) -> str:
    """A task that a worker runs under a lease that runs out then."""
    task_id = await redis_service.create_task("fetch_data", 252)
    identity = ev.Identity(task_type="fetch_data")
    started = ev.Started(identity=identity, worker=Worker("lease-1", "celery@one"))
    await redis_service.apply(task_id, started)
    if until_s is not None:
        until_ms = milliseconds(datetime.now(UTC)) + int(until_s * 1000)
        renewed = leases.renew("lease-1", until_ms)

        def renew() -> Any:
            yield renewed

        await redis_service.run(renew())
    return task_id


@pytest.mark.parametrize("end", ENDS)
async def test_a_living_workers_run_is_the_one_that_ends_it(
    redis_service: RedisProgressService, end: str
) -> None:
    task_id = await held(redis_service, 30)
    before = await redis_service.get_task_status(task_id)
    with pytest.raises(TransitionRefused, match="run by worker celery@one.* set force") as refused:
        await redis_service.update_progress(task_id, end, current_items=5, details={"a": 1})
    assert refused.value.status == "running"
    assert await redis_service.get_task_status(task_id) == before
    for status in ("running", "paused", "running"):
        body = await redis_service.update_progress(task_id, status, current_items=150)
        assert body["status"] == status
    await redis_service.apply(task_id, ev.Completed(attempt=1))
    assert (await redis_service.get_task_status(task_id) or {})["status"] == "completed"


@pytest.mark.parametrize("end", ENDS)
async def test_unless_it_is_forced(redis_service: RedisProgressService, end: str) -> None:
    task_id = await held(redis_service, 30)
    body = await redis_service.update_progress(
        task_id, end, current_items=100, force=True, by="me", reason="wrong file"
    )
    assert body["status"] == end
    percentage = 100 if end == "completed" else 39.6
    assert body["progress"] == {"current": 100, "total": 252, "percentage": percentage}
    control = body["control"]
    assert (control["action"], control["by"], control["reason"]) == ("end", "me", "wrong file")


@pytest.mark.parametrize("until_s", [-1, None], ids=["over", "unknown"])
@pytest.mark.parametrize("end", ENDS)
async def test_a_dead_workers_run_holds_nothing(
    redis_service: RedisProgressService, end: str, until_s: float | None
) -> None:
    task_id = await held(redis_service, until_s)
    body = await redis_service.update_progress(task_id, end, details={"a": 1})
    assert (body["status"], "control" in body) == (end, False)


def forced(task: Task, end: str = "error") -> Task:
    return after(task, *update(end, force=True))


@pytest.fixture
def running() -> Task:
    return after(None, ev.Created(identity=IDENTITY), ev.Started(identity=IDENTITY, worker=OURS))


@pytest.mark.parametrize("end", ENDS)
def test_a_forced_end_stays_whatever_comes(running: Task, end: str) -> None:
    ended = forced(running, end)
    assert ended.forced
    again: tuple[ev.Event, ...] = (
        ev.Started(identity=IDENTITY, worker=OURS, redelivered=True),
        ev.Requeued(),
        ev.Progressed(current=1, attempt=1),
        ev.Completed(attempt=1),
        ev.Failed(error_message="why", attempt=1),
    )
    for event in again:
        with pytest.raises(TransitionRefused):
            transition(ended, event, ended.updated_at)  # type: ignore[arg-type]  # it is there
    assert not after(ended, ev.Created(identity=IDENTITY)).forced


def test_a_lease_that_is_gone_frees_its_own_run_alone(running: Task) -> None:
    asked = ev.EndRequest(by="api", gone="lease-0")
    with pytest.raises(HeldByWorker):
        after(running, ev.Completed(asked=asked))
    assert after(running, ev.Completed(asked=asked._replace(gone=OURS.lease))).ended


@pytest.mark.parametrize("status", ["running", "paused"])
def test_force_is_for_ends(status: str) -> None:
    with pytest.raises(InvalidEvent, match=f"force needs .*, not {status}"):
        update(status, force=True)
    with pytest.raises(InvalidEvent, match="force must be true or false"):
        update("completed", force="yes")  # type: ignore[arg-type]  # that is the mistake
    for values in ({"reason": "x"}, {"by": "me"}):
        with pytest.raises(InvalidEvent, match="paused, not completed unless force is true"):
            update("completed", **values)  # type: ignore[arg-type]
