"""Canvases that a worker in this process runs, and what their workflows say of it."""

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import celery
import pytest
from celery import Celery, chain, chord, group, signature
from celery.result import GroupResult
from celery.worker.state import revoked

from progress_backend.flows import new_workflow_act
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import workflows
from progress_backend.record.workflow import WorkflowCounts
from progress_backend.runs.run import TaskCancelled
from progress_backend.tracking.lost_runs import LostRunCheck
from tests.apps import App, working
from tests.conftest import flushed, unhijacked
from tests.waiting import eventually

#: A lease that a quiet workflow is quick to outlast.
LEASE_S = 1.0


def ok(*_: Any) -> int:
    return 1


def fails(*_: Any) -> int:
    raise LookupError("no owner")


def cancels(*_: Any) -> int:
    raise TaskCancelled("not wanted")


def in_a_group(task: Any, *_: Any) -> Any:
    return task.replace(group(job("ok"), job("fails")))


def takes_none() -> int:
    return 1


class Jobs:
    """An app with a worker that runs its tasks."""

    def __init__(self, url: str) -> None:
        self.app = App(
            url,
            {"task_default_queue": "workflows", "result_chord_retry_interval": 0.02},
            track="all",
            lease_s=LEASE_S,
            reap_interval_s=LEASE_S / 2,
        )
        self.gate = threading.Event()
        self.celery: Celery = self.app.celery
        self.celery.task(name="jobs.ok", shared=False)(ok)
        self.celery.task(name="jobs.fails", shared=False)(fails)
        self.celery.task(name="jobs.retries", bind=True, shared=False)(self.retries)
        self.celery.task(name="jobs.starts", shared=False)(self.starts)
        self.celery.task(name="jobs.leaves_out", shared=False)(self.leaves_out)
        self.celery.task(name="jobs.again", shared=False)(self.again)
        self.celery.task(name="jobs.replaces", bind=True, shared=False)(self.replaces)
        self.celery.task(name="jobs.fails_in_a_group", bind=True, shared=False)(in_a_group)
        self.celery.task(name="jobs.waits", shared=False)(self.waits())
        self.celery.task(name="jobs.cancels", shared=False)(cancels)
        self.celery.task(name="jobs.takes_none", shared=False)(takes_none)
        self.celery.set_current()

    @staticmethod
    def retries(task: Any, *_: Any) -> int:
        if task.request.retries == 0:
            raise task.retry(countdown=0)
        return 1

    @staticmethod
    def starts(*_: Any) -> int:
        group(job("ok"), job("ok")).apply_async()
        job("ok").apply_async()
        return 1

    @staticmethod
    def leaves_out(*_: Any) -> int:
        job("ok").apply_async(headers={"progress": {"workflow": None}})
        return 1

    @staticmethod
    def again(left: int, *_: Any) -> int:
        if left:
            signature("jobs.again", args=(left - 1,), immutable=True).apply_async()
        return left

    @staticmethod
    def replaces(task: Any, *_: Any) -> Any:
        return task.replace(chord([job("ok"), job("ok")], job("ok")))

    def waits(self) -> Callable[..., int]:
        def wait(*_: Any) -> int:
            assert self.gate.wait(60)
            return 1

        return wait

    def figures(self, workflow_id: str) -> WorkflowCounts:
        store = self.app.tracker.process.store
        with store.within(10):  # the test may wait for longer than a job
            found: WorkflowCounts = store.execute(
                workflows.figures(workflow_id, milliseconds(store.now()))
            )
        return found

    def members(self, workflow_id: str) -> dict[str, dict[str, Any]]:
        store = self.app._redis
        ids = store.zrange(f"workflow:{workflow_id}|members", 0, -1)
        return {str(task_id): self.app.document(str(task_id)) for task_id in ids}

    def passes_until_over(self, workflow_id: str) -> None:
        """Runs the pass that ends planned records until nothing is open."""
        judge = LostRunCheck(self.app.tracker.process.store, None, "ours", lambda: True)

        def over() -> bool:
            judge.plans(judge.due().quiet)
            return not self.figures(workflow_id).open

        eventually(over)

    def ended(self, workflow_id: str) -> WorkflowCounts:
        """The figures, once nothing is open."""
        eventually(lambda: (f := self.figures(workflow_id)).total and not f.open)
        return self.figures(workflow_id)


def job(name: str) -> Any:
    return signature(f"jobs.{name}", immutable=True)


@pytest.fixture(scope="module")
def jobs(session_redis_url: str) -> Iterator[Jobs]:
    with unhijacked():
        jobs = Jobs(flushed(session_redis_url))
        with working(jobs.celery, pool="threads", concurrency=8):
            yield jobs
        jobs.app.close()
        gc.collect()  # a group's results unsubscribe as they go: while their server is there


def held(result: Any) -> str:
    """The id that a caller holds."""
    return str(result.id)


def test_a_chain_goes_on_step_by_step(jobs: Jobs) -> None:
    jobs.gate.clear()
    workflow_id = held(chain(job("ok"), job("waits"), job("ok")).apply_async())
    eventually(lambda: jobs.figures(workflow_id).counts[1:4] == (1, 0, 1))
    seen = jobs.figures(workflow_id)
    assert (seen.status, seen.total, seen.planned, seen.percentage) == ("running", 3, 1, 33.3)
    jobs.gate.set()
    seen = jobs.ended(workflow_id)
    assert (seen.status, seen.counts, seen.percentage) == ("completed", (0, 0, 0, 3, 0, 0), 100)


@pytest.mark.parametrize(
    ("canvas", "counts"),
    [
        (lambda: chain(job("fails"), job("ok"), job("ok")), (0, 3)),
        (lambda: chain(job("fails"), group(job("ok"), job("ok")), job("ok")), (0, 4)),
        (lambda: chain(job("ok"), job("fails"), group(job("ok"), job("ok"))), (1, 3)),
        (lambda: chord([job("ok"), job("fails")], job("ok")), (1, 2)),
        (lambda: chord([job("fails"), job("fails")], chain(job("ok"), job("ok"))), (0, 4)),
        (lambda: chord([chord([job("fails")], job("ok")), job("ok")], job("ok")), None),
        (lambda: chain(job("ok"), signature("jobs.nobody", immutable=True), job("ok")), (1, 2)),
        # Celery stores no end of the replaced task, which a chord's body continues.
        (lambda: chain(job("fails_in_a_group"), job("ok"), job("ok")), (1, 4)),
        # The next message cannot be made: its task takes no argument.
        (lambda: chain(job("ok"), signature("jobs.takes_none"), job("ok")), (0, 3)),
    ],
)
def test_what_follows_a_failure_ends_with_it(
    jobs: Jobs, canvas: Callable[[], Any], counts: tuple[int, int] | None
) -> None:
    workflow_id = held(canvas().apply_async())
    if celery.VERSION < (5, 7):
        jobs.passes_until_over(workflow_id)  # it takes such a step out of the request that it fails
    seen = jobs.ended(workflow_id)
    assert seen.status == "error"
    if counts is not None:
        assert (seen.count("completed"), seen.count("error")) == counts
    causes = {one.get("error_cause") for one in jobs.members(workflow_id).values()} - {None}
    assert causes <= {"exception", "upstream", "unknown_task", "internal_error"}
    assert "upstream" in causes


@pytest.mark.parametrize("by", ["revoke", "itself"])
def test_a_chord_fails_with_a_cancelled_member_as_in_celery(jobs: Jobs, by: str) -> None:
    jobs.gate.clear()
    if by == "revoke":
        jobs.celery.control.revoke("of-a-chord")
        eventually(lambda: "of-a-chord" in revoked)  # the worker knows
    cancelled = job("ok").set(task_id="of-a-chord") if by == "revoke" else job("cancels")
    result = chord([job("waits"), cancelled], chain(job("ok"), job("ok"))).apply_async()
    eventually(lambda: jobs.figures(held(result)).count("cancelled") == 1)
    jobs.gate.set()
    seen = jobs.ended(held(result))
    assert (seen.status, seen.count("cancelled"), seen.count("error")) == ("error", 1, 2)
    eventually(lambda: jobs.celery.AsyncResult(held(result)).state == "FAILURE")
    agrees(jobs, result)


def test_a_member_that_goes_on_takes_no_end_of_its_chords_body_back(jobs: Jobs) -> None:
    """Also where it is replaced by a canvas with messages that name the body again."""
    jobs.gate.clear()
    body = job("ok").set(task_id="of-a-failed-chord")
    canvas = chord([job("cancels"), chain(job("waits"), job("replaces"))], body)
    result = canvas.apply_async()
    eventually(lambda: jobs.app.document("of-a-failed-chord")["status"] == "error")
    before = jobs.app.document("of-a-failed-chord")
    jobs.gate.set()
    jobs.ended(held(result))
    assert jobs.app.document("of-a-failed-chord") == before
    agrees(jobs, result)


def test_what_was_asked_of_all_is_carried_out_though_the_process_is_gone_that_was_asked(
    jobs: Jobs,
) -> None:
    jobs.gate.clear()
    workflow_id = held(chain(job("waits"), job("ok"), job("ok")).apply_async())
    eventually(lambda: jobs.figures(workflow_id).count("running") == 1)
    store = jobs.app.tracker.process.store
    store.run(new_workflow_act.ask(store.flows, workflow_id, "cancel", store.now()))
    judge = LostRunCheck(store, None, "ours", lambda: True)
    judge.acts(judge.due().acts)
    seen = jobs.figures(workflow_id)
    jobs.gate.set()
    assert (seen.open, seen.status, seen.count("cancelled")) == (0, "cancelled", 3)
    assert {one["control"]["by"] for one in jobs.members(workflow_id).values()} == {"api"}
    # The first goes on all the same, and Celery sends the second's message: it begins nothing.
    eventually(lambda: not jobs.figures(workflow_id).planned)
    second = next(i for i, one in jobs.members(workflow_id).items() if one["attempt"] == 0)
    eventually(lambda: jobs.celery.AsyncResult(second).state == "REVOKED")
    assert jobs.figures(workflow_id).count("cancelled") == 3


def linked() -> Any:
    return job("ok").set(link=job("ok"), link_error=job("ok"))


@pytest.mark.parametrize(
    ("canvas", "generations"),
    [
        (lambda: chain(job("ok"), job("starts")), [0, 0, 1, 1, 1]),
        (lambda: chain(job("leaves_out"), job("ok")), [0, 0]),
        (lambda: chain(job("ok"), job("replaces"), job("ok")), [0, 0, 0, 0, 0]),
        (lambda: chain(job("ok"), linked(), job("ok")), [0, 0, 0, 0]),
        (lambda: chord([job("ok"), job("retries")], chain(job("ok"), job("ok"))), [0, 0, 0, 0]),
    ],
    ids=["published", "left out", "replaced", "linked", "chord"],
)
def test_what_a_body_publishes_joins(
    jobs: Jobs, canvas: Callable[[], Any], generations: list[int]
) -> None:
    """With the workflow's owner, unless its header leaves it out."""
    workflow_id = str(canvas().apply_async(headers={"progress": {"owner": "alice"}}).id)
    eventually(lambda: jobs.figures(workflow_id).total == len(generations))
    assert jobs.ended(workflow_id).count("completed") == len(generations)
    seen = jobs.members(workflow_id)
    assert {one["owner"] for one in seen.values()} == {"alice"}
    assert sorted(one["workflow"]["generation"] for one in seen.values()) == generations
    for inner in {one["workflow"].get("canvas") for one in seen.values()} - {None}:
        assert jobs.ended(inner).count("completed") >= 2


@pytest.mark.parametrize(("canvas", "options"), [(chain, {}), (group, {"task_id": uuid4()})])
def test_its_ids_may_be_uuids(jobs: Jobs, canvas: Any, options: dict[str, Any]) -> None:
    """In a chain or a group: Celery never publishes the body of a chord of such members."""
    if celery.VERSION < (5, 7):
        pytest.skip("its result backends take texts alone")
    result = canvas(job("ok").set(task_id=uuid4()) for _ in range(3)).apply_async(**options)
    eventually(lambda: jobs.figures(held(result)).count("completed") == 3)
    assert jobs.ended(held(result)).total == 3
    agrees(jobs, result)


def test_a_task_that_starts_itself_again_leaves_the_workflow_at_last(jobs: Jobs) -> None:
    first = signature("jobs.again", args=(40,), immutable=True)
    before = len(jobs.app.records())
    workflow_id = held(group(first, job("ok")).apply_async())
    eventually(lambda: len(jobs.app.records()) - before == 42)
    seen = jobs.ended(workflow_id)
    assert seen.total == 33  # "ok", and 32 generations


def agrees(jobs: Jobs, result: Any) -> None:
    """Each member's record says what Celery says, and the figures say what the records say."""
    workflow_id = held(result)
    if isinstance(result, GroupResult) or jobs.figures(workflow_id).total:
        eventually(lambda: not jobs.figures(workflow_id).open)
    seen, members = jobs.figures(workflow_id), jobs.members(workflow_id)
    assert seen.planned == 0
    for status in ("completed", "error", "cancelled"):
        assert seen.count(status) == sum(one["status"] == status for one in members.values())
    for task_id, one in members.items():
        state = jobs.celery.AsyncResult(task_id).state
        if state == "SUCCESS":
            assert one["status"] == "completed", one
        elif state == "FAILURE":
            assert one["status"] == "error", one
        elif state == "REVOKED":
            assert one["status"] == "cancelled", one
        elif state != "RETRY":  # which may be stored after the end of the next run
            assert one["error_cause"] in ("upstream", "never_published"), one
