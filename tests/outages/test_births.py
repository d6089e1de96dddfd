"""Publishes that the store does not take at once: each has its record as soon as it answers."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import chain, chord, group
from kombu.exceptions import OperationalError

from progress_backend.operations import workflows
from progress_backend.record.model import Task
from progress_backend.record.workflow import WorkflowCounts
from progress_backend.runs.sender import Sender
from progress_backend.runs.writer import JOB_WAIT_S
from progress_backend.store.drivers import Store
from tests.apps import App, in_process, working
from tests.outages.leaving import birth
from tests.records import Records
from tests.servers import ROOT
from tests.stopwatch import FACTOR, timed
from tests.strangers import Way
from tests.waiting import PATIENCE_S, eventually

#: How far the store's clock, as a busy process has measured it, may be off.
OFF_S = timedelta(seconds=0.5)


@pytest.fixture
def jobs_are_patient() -> None:
    """They wait as long as ever: that is tested here."""


@pytest.fixture
def way(redis_url: str) -> Iterator[Way]:
    """The publishers' way to the store."""
    with Way(redis_url) as way:
        yield way


@pytest.fixture
def app(way: Way) -> Iterator[App]:
    with contextlib.closing(App(way.url, in_process("births"))) as app:
        birth(app)
        yield app


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url)


@contextlib.contextmanager
def stalled(way: Way) -> Iterator[None]:
    way.takes = False
    try:
        yield
    finally:
        way.takes = True


def recorded(records: Records, *task_ids: str) -> list[Task]:
    return eventually(lambda: [records.get(task_id) for task_id in task_ids])


def figures(records: Records, task: Task) -> WorkflowCounts:
    """The counts of the canvas that a task is a member of."""
    assert task.member is not None
    with Store(records.settings) as store:
        found: WorkflowCounts = store.execute(workflows.figures(task.member.workflows[-1], 0))
        return found


def sender(app: App) -> Sender:
    return app.tracker.process.sender


def test_what_is_published_in_a_stall_is_recorded_with_its_time(
    app: App, way: Way, records: Records
) -> None:
    task, names = app.celery.tasks["birth"], [f"t{number}" for number in range(30)]
    task.apply_async((1,), task_id="before")
    with stalled(way):
        began = datetime.now(UTC)
        took = [timed(lambda n=n: task.apply_async((1,), task_id=n)) for n in names]  # type: ignore[misc]
        ended = datetime.now(UTC)
    assert sum(took) < FACTOR * JOB_WAIT_S, "one alone waits"
    for made in recorded(records, *names):
        assert (made.status, made.total_items, made.revision) == ("created", 9, 1)
        assert made.created_at is not None
        assert began - OFF_S < made.created_at < ended + OFF_S
    eventually(lambda: not sender(app).writer.jobs.away)
    sender(app).writer.jobs.longest_s = PATIENCE_S  # the store is as quick as the machine lets it
    task.apply_async((1,), task_id="after")
    assert records.get("after").status == "created", "recorded at once again"


CANVASES = {
    "chord": (lambda a, b, c, d: chord([a, b, c], d), "abc"),
    "chord in a chain": (lambda a, b, c, d: chain(a, group(b, c), d), "a"),
}
HEADERS = {"progress": {"workflow": {"name": "reports", "total": 7}}}


@pytest.mark.parametrize("shape", CANVASES)
def test_a_canvas_that_is_published_in_a_stall_has_all_its_records(
    app: App, way: Way, records: Records, shape: str
) -> None:
    canvas, leave = CANVASES[shape]
    task = app.celery.tasks["birth"]
    steps = [task.si(1).set(task_id=name, headers=HEADERS) for name in "abcd"]
    with stalled(way):
        canvas(*steps).apply_async()
    made = dict(zip("abcd", recorded(records, *"abcd"), strict=True))
    eventually(lambda: not len(sender(app)._outbox))
    made = {name: records.get(name) for name in made}
    assert {name for name in made if not made[name].planned} == set(leave)
    of_all = figures(records, made["a"])
    assert (of_all.total, of_all.name, of_all.expected) == (4, "reports", 7)


def test_what_its_worker_has_recorded_of_it_meanwhile_stays(
    app: App, way: Way, records: Records, redis_url: str
) -> None:
    task = app.celery.tasks["birth"]
    steps = [task.si(1).set(task_id=name, headers=HEADERS) for name in "abc"]
    app.celery.conf.task_default_queue = "births met"
    with contextlib.closing(App(redis_url, in_process("births met"))) as worker:
        birth(worker)
        with stalled(way):
            chain(*steps).apply_async()
            with working(worker.celery, pool="solo"):
                eventually(lambda: all(t.status == "completed" for t in recorded(records, *"abc")))
        before = {name: records.get(name) for name in "abc"}
        eventually(lambda: not len(sender(app)._outbox))
    after = {name: records.get(name) for name in "abc"}
    assert {name: task.status for name, task in after.items()} == dict.fromkeys("abc", "completed")
    assert after == before
    of_all = figures(records, after["a"])
    assert (of_all.total, of_all.name, of_all.expected) == (3, "reports", 7)


def test_a_publish_in_a_stall_that_raises_is_an_error(
    app: App, way: Way, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("no broker")

    monkeypatch.setattr("kombu.Producer.publish", away)
    with stalled(way), pytest.raises(OperationalError):
        app.celery.tasks["birth"].apply_async((1,), task_id="t")

    def is_recorded() -> bool:
        made = records.get("t")
        return (made.status, made.error_cause) == ("error", "not_published")

    eventually(is_recorded)
    assert records.get("t").revision > 1, "the publish, then its failure"


def test_a_process_that_ends_in_a_stall_or_forks_records_its_own_publishes(
    way: Way, records: Records
) -> None:
    command = [sys.executable, "-m", "tests.outages.leaving", way.url]
    with (
        stalled(way),
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as leaving,
    ):
        assert leaving.stdout is not None
        assert [leaving.stdout.readline() for _ in range(2)] == ["published\n"] * 2
        way.takes = True
        assert leaving.wait(60) == 0
    for made in recorded(records, "parent", "parent again", "child"):
        assert (made.status, made.revision) == ("created", 1)
