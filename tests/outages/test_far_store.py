"""A store that answers later than a job waits, though within the time that a connection takes: the
record lives, and no job waits for it longer than ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.model import Task
from progress_backend.runs.run import Run
from progress_backend.runs.sender import JOB_WAIT_S, Sender
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.outages.fleet import pass_time
from tests.stopwatch import FACTOR, timed
from tests.strangers import Way
from tests.waiting import eventually

pytestmark = pytest.mark.integration

FAR_S = 0.3
IDENTITY = ev.Identity(task_type="fetch_data", total_items=10)
STARTED = ev.Started(identity=IDENTITY)


@pytest.fixture
def way(redis_url: str) -> Iterator[Way]:
    with Way(redis_url) as way:
        way.delay_s = FAR_S
        yield way


@pytest.fixture
def sender(way: Way) -> Iterator[Sender]:
    with Store(Settings(redis_url=way.url, update_interval_s=0.05), timeout_s=0.2) as store:
        sender = Sender(store, None, closing_s=20)
        yield sender
        sender.stop()


@pytest.fixture
def near(redis_url: str) -> Iterator[Store]:
    with Store(Settings(redis_url=redis_url)) as store:
        yield store


def seen(store: Store, task_id: str, **wanted: object) -> Task:
    def matching() -> Task:
        document = store.run(store.flows.get(task_id))
        assert document is not None
        task = task_json.decode(document)
        assert {name: getattr(task, name) for name in wanted} == wanted
        return task

    return eventually(matching, 20, what=str(wanted))


def says(sender: Sender, run: Run, event: ev.Event) -> None:
    """Says it as a job, which does not wait for the answer: that would come after FAR_S."""
    assert sender.record(run, run.task_id, event) is None


def test_values_are_shown_and_start_and_end_are_recorded(sender: Sender, near: Store) -> None:
    run = Run("t", IDENTITY, sender)
    says(sender, run, STARTED)
    sender.opened(run)
    for value in (1, 4):
        run.offer(value)
        seen(near, "t", status="running", current_items=value)
    run.offer(7)
    assert timed(run.close) < FACTOR * JOB_WAIT_S
    sender.ended(run)
    says(sender, run, ev.Completed())
    assert seen(near, "t", status="completed").attempt == 1


def test_while_jobs_begin_and_end_all_the_time(sender: Sender, near: Store) -> None:
    """The thread does not share the jobs' rest after a failed try, which they renew again and
    again."""
    names = [f"t{number}" for number in range(6)]
    for name in names:
        run = Run(name, IDENTITY, sender)
        says(sender, run, STARTED)
        says(sender, run, ev.Completed())
        pass_time(FAR_S)
    for name in names:
        assert seen(near, name, status="completed").attempt == 1


def test_what_is_left_goes_out_at_the_end_of_the_process(sender: Sender, near: Store) -> None:
    run = Run("t", IDENTITY, sender)
    sender.record(run, "t", STARTED)
    sender.record(run, "t", ev.Completed())
    sender.stop()
    seen(near, "t", status="completed")


def test_a_store_that_came_near_again_is_asked_by_jobs_at_once(
    way: Way, sender: Sender, near: Store
) -> None:
    """As soon as the thread has seen it: they need not find out by themselves."""
    run = Run("t", IDENTITY, sender)
    sender.record(run, "t", STARTED)
    sender.opened(run)
    assert sender.writer.breaker.away
    way.delay_s = 0
    run.offer(1)
    seen(near, "t", current_items=1)
    eventually(lambda: not sender.writer.breaker.away)
