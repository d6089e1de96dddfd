"""Random bytes of every Redis type under every key of the schema: one task's trouble at most."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progress_backend.errors import ForeignValue, TaskNotFound
from progress_backend.flows import shown_record, silent_runs
from progress_backend.flows.cleanup import cleanup
from progress_backend.operations import leases, locks, records
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.fields import MAX_DOCUMENT_BYTES
from progress_backend.record.reader_view import UNREADABLE
from progress_backend.settings import Settings
from tests.asked import page_of
from tests.behaviour import foreign
from tests.behaviour.driving import Driver, in_parts, over, suspects
from tests.conftest import flushed
from tests.tiers import examples

LEASE = "celery@live/1"
KEYS = tuple(foreign.keys_of(Keys(), "odd", LEASE))
_many = settings(
    max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


_other = [pytest.param(kind, marks=pytest.mark.long) for kind in ("async", "parts")]


@pytest.fixture(params=["sync", *_other])
def driver(request: pytest.FixtureRequest, session_redis_url: str) -> Iterator[Driver]:
    store = Settings(redis_url=flushed(session_redis_url))
    kind = request.param
    with over(kind, in_parts(store) if kind == "parts" else store) as driver:
        yield driver


def fill(driver: Driver) -> None:
    """One task of each kind, and the odd one."""
    driver.raw.flushdb()
    for task_id in ("odd", "live"):
        driver.start(task_id, LEASE, symbol="7203.T")
    driver.create("waiting")
    driver.start("lost", "celery@dead/1")
    driver.create("over")
    driver.apply("over", ev.Completed())
    driver.execute(leases.renew(LEASE, 2**52))
    driver.execute(leases.renew("celery@dead/1", 1))


def check(driver: Driver, *, listed: bool = True) -> None:
    """All goes on but for the odd one."""
    for task_id in ("live", "waiting", "over", "lost"):
        assert driver.task(task_id) is not None
    with contextlib.suppress(ForeignValue):
        driver.task("odd")
    paged = driver.run(page_of(driver.flows, 1, 100))
    for _, document in paged.rows:
        task_json.decode(document or b"")
    if listed:
        assert {"live", "waiting", "over", "lost"} <= {task_id for task_id, _ in paged.rows}
    for status in ("created", "running", "completed", "error"):
        driver.run(page_of(driver.flows, 1, 100, status, "fetch_data", "7203.T"))
        driver.run(page_of(driver.flows, 1, 100, status))
    for asked in ({"top": True}, {"top": True, "sort": "running"}, {"sort": "ended"}):
        driver.listed(**asked)
    driver.execute(driver.flows.count(driver.now()))
    for task_id in ("waiting", "live"):
        assert driver.run(shown_record.current(driver.flows, task_id, driver.now())) is not None


def go_on(driver: Driver, *, reaped: bool = True, cleaned: bool = True) -> None:
    """Starts, ends and checks of all other tasks."""
    driver.create("new", symbol="7203.T")
    driver.start("new", LEASE)
    driver.apply("new", ev.Progressed(current=5))
    assert driver.apply("new", ev.Completed()).task.status == "completed"
    assert driver.apply("live", ev.Progressed(current=3)).task.current_items == 3
    later = driver.now() + timedelta(minutes=5)
    found = driver.run(suspects(driver.settings, later, "token"))
    if reaped:
        assert "lost" in {base.task.task_id for base in found}
    held = driver.run(silent_runs.held(LEASE))
    driver.run(silent_runs.silent(driver.settings, later, LEASE, held))
    driver.run(silent_runs.unheld(driver.flows, later, "token"))
    driver.run(silent_runs.extend(driver.settings, driver.now(), LEASE))
    assert driver.apply("live", ev.Completed()).task.status == "completed"
    driver.run(cleanup(driver.settings, driver.now() + timedelta(days=30), "token"))
    if cleaned:
        for task_id in ("over", "new", "live"):
            assert driver.task(task_id) is None


@_many
@given(
    what=st.sampled_from(KEYS), kind=st.sampled_from(list(foreign.TYPES)), some=foreign.some_bytes
)
def test_a_wrong_type_under_a_key_affects_no_other_key(
    driver: Driver, what: str, kind: str, some: bytes
) -> None:
    fill(driver)
    for name in {foreign.keys_of(keys, "odd", LEASE)[what] for keys in driver.store.layout.keys}:
        foreign.put_type(driver.raw, name, kind, some)
    check(driver, listed=what != "index")
    go_on(driver, reaped=what != "leases", cleaned=what not in ("expiry", "facets"))


@_many
@given(
    what=st.sampled_from(KEYS),
    some=foreign.some_bytes,
    score=st.sampled_from(foreign.SCORES),
    facets=foreign.some_facets,
)
def test_a_foreign_member_disturbs_no_other_and_is_removed(
    driver: Driver, what: str, some: bytes, score: Any, facets: bytes
) -> None:
    fill(driver)
    for name in {foreign.keys_of(keys, "odd", LEASE)[what] for keys in driver.store.layout.keys}:
        foreign.put_member(driver.raw, name, some, score, facets)
    check(driver)
    go_on(driver)
    if len(driver.store.layout.keys) == 1:  # of several, one does not look for what is another's
        assert driver.run(page_of(driver.flows, 1, 100)).total <= 3


@pytest.mark.parametrize("kind", foreign.TYPES)
def test_the_one_task_says_what_is_wrong(driver: Driver, kind: str) -> None:
    fill(driver)
    foreign.put_type(driver.raw, driver.names("odd").task("odd"), kind, b"some")
    for asked in (
        lambda: driver.task("odd"),
        lambda: driver.apply("odd", ev.Progressed(current=1)),
        lambda: driver.apply("odd", ev.Completed()),
        lambda: driver.apply("odd", ev.Cancelled(by="api")),
        lambda: driver.start("odd"),
    ):
        with pytest.raises(
            ForeignValue, match="what is stored for task odd is not a record: it is"
        ):
            asked()
    (document,) = [d for i, d in driver.run(page_of(driver.flows, 1, 100)).rows if i == "odd"]
    assert task_json.decode(document or b"").error_cause == UNREADABLE


@pytest.mark.parametrize("score", foreign.SCORES)
def test_a_record_with_a_score_that_is_no_time_is_listed(driver: Driver, score: Any) -> None:
    fill(driver)
    driver.raw.zadd(driver.names("live").index(), {"live": score})
    check(driver)


def test_cleanup_takes_it_when_it_is_due(driver: Driver) -> None:
    fill(driver)
    foreign.put_type(driver.raw, driver.names("odd").task("odd"), "hash", b"some")
    assert "odd" in driver.ids()
    driver.run(cleanup(driver.settings, driver.now() + timedelta(days=30), "token"))
    assert "odd" not in driver.ids()
    assert not driver.raw.exists(driver.names("odd").task("odd"))


def test_a_value_of_fifty_megabytes_costs_what_a_record_may_have(driver: Driver) -> None:
    fill(driver)
    key = driver.names("odd").task("odd")
    driver.raw.set(key, b'{"task_id":"odd"' + b"x" * 50 * 2**20)
    before = sent_to_clients(driver)
    check(driver)
    with pytest.raises(ForeignValue, match="longer than"):
        driver.apply("odd", ev.Completed())
    go_on(driver)
    assert sent_to_clients(driver) - before < 40 * MAX_DOCUMENT_BYTES


def sent_to_clients(driver: Driver) -> int:
    """Bytes that the server has sent, but for those to its replicas."""
    stats = driver.raw.info("stats")
    return int(stats["total_net_output_bytes"]) - int(stats.get("total_net_repl_output_bytes", 0))


def test_another_tasks_record_is_none(driver: Driver) -> None:
    fill(driver)
    document = driver.raw.get(driver.names("live").task("live"))
    driver.raw.set(driver.names("odd").task("odd"), document)
    with pytest.raises(ForeignValue, match="it is the record of task 'live'"):
        driver.task("odd")
    check(driver)


def test_a_lock_without_an_end_is_none(driver: Driver) -> None:
    for name, value in (("reap", b"somebody"), ("cleanup", b"\xff")):
        key = driver.store.layout.keys[0].lock(name)
        driver.raw.set(key, value)
        assert driver.execute(locks.take(name, "mine", 60_000))
        assert not driver.execute(locks.take(name, "theirs", 60_000))
        assert driver.execute(locks.take(name, "mine", 60_000))
        driver.execute(locks.give_back(name, "mine"))
        assert driver.execute(locks.take(name, "theirs", 60_000))


@pytest.mark.parametrize("kind", foreign.TYPES)
def test_runs_of_another_type_are_none_and_are_replaced(driver: Driver, kind: str) -> None:
    for keys in driver.store.layout.keys:
        foreign.put_type(driver.raw, keys.runs("fetch_data"), kind, b"some")
    assert driver.execute(records.runs_of("fetch_data")) == ()
    driver.start("t")
    driver.apply("t", ev.Completed(), now=driver.now() + timedelta(seconds=10))
    assert len(driver.execute(records.runs_of("fetch_data"))) == 1


@pytest.mark.parametrize("text", [b"x" * 10_000, b"\n" * 10_000, b"\xff\n[]\n{}\n[1]"])
def test_runs_that_are_none_leave_within_ten_runs(driver: Driver, text: bytes) -> None:
    for keys in driver.store.layout.keys:
        driver.raw.set(keys.runs("fetch_data"), text)
    assert driver.execute(records.runs_of("fetch_data")) == ()
    for number in range(10):
        driver.start(f"t{number}")
        driver.apply(f"t{number}", ev.Completed(), now=driver.now() + timedelta(seconds=10))
        assert len(driver.execute(records.runs_of("fetch_data"))) == number + 1
    with pytest.raises(TaskNotFound):
        driver.apply("nobody", ev.Completed())
