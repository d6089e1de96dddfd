"""Writers at once: nothing is lost, revisions have no holes, an end is the end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progress_backend.errors import ConcurrentUpdate, TaskNotFound
from progress_backend.record import events as ev
from progress_backend.record.model import TaskStatus
from progress_backend.settings import Settings
from tests.behaviour import writers
from tests.behaviour.driving import Driver, check_agreement, identity_of, over
from tests.strategies import events
from tests.tiers import examples


@contextmanager
def published(driver: Driver) -> Iterator[list[dict]]:
    """Every document that is published meanwhile, in order."""
    received: list[dict] = []
    with driver.raw.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.psubscribe(driver.keys.every_channel)
        pubsub.get_message(timeout=60)
        yield received
        driver.raw.publish(driver.keys.channel("the end"), "null")
        while body := json.loads(pubsub.get_message(timeout=60)["data"]):
            received.append(body)


@pytest.fixture(scope="module")
def shared(session_redis_url: str) -> Iterator[Driver]:
    """One store for many examples, each under ids of its own."""
    with over("sync", Settings(redis_url=session_redis_url, key_prefix="shared:")) as driver:
        yield driver


@given(st.data())
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_writers_do_at_once(shared: Driver, data: st.DataObject) -> None:
    """Any events of three writers on two records, in any order that comes about."""
    driver: Driver = shared
    shared.raw.flushdb()
    driver.create("a", symbol="7203.T")
    driver.create("b", task_type="bulk_import")
    work = st.lists(st.tuples(st.sampled_from("ab"), events()), min_size=1, max_size=8)
    plans = data.draw(st.tuples(work, work, work))

    def run(plan: list[tuple[str, ev.Event]]) -> None:
        for task_id, event in plan:
            with suppress(ConcurrentUpdate, TaskNotFound):
                driver.apply(task_id, event)

    with published(shared) as received:
        writers.in_threads(partial(run, plan) for plan in plans)
        driver.apply("a", ev.Created(identity=identity_of()))
        driver.apply("b", ev.Created(identity=identity_of()))
    check_agreement(driver, ["a", "b"])
    for task_id in "ab":
        bodies = [body for body in received if body["task_id"] == task_id]
        assert [body["revision"] for body in bodies] == list(range(2, 2 + len(bodies)))
        for before, after in pairwise(bodies):
            _check_order(before, after)


def _check_order(before: dict, after: dict) -> None:
    assert after["attempt"] >= before["attempt"]
    assert after["updated_at"] >= before["updated_at"]
    if all(before[name] == after[name] for name in ("status", "end_time")):
        return  # an end that notes something, such as that it was acknowledged
    if before["final"] and after["status"] != TaskStatus.CREATED:  # fresh, or queued again
        # Celery may deliver a message again unless a caller cancelled its task, and keeps the
        # success of any of a message's runs.
        assert after["status"] in (TaskStatus.RUNNING, TaskStatus.COMPLETED)
        by_celery = before.get("control", {}).get("by") == "celery"
        cancelled = before["status"] == TaskStatus.CANCELLED and by_celery
        assert before["status"] == TaskStatus.ERROR or cancelled
