"""When open tasks are looked at, and what is recorded of them, by the pass over every store."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from progress_backend.flows import commands as c
from progress_backend.flows import remark_checks
from progress_backend.flows.cleanup import sweep
from progress_backend.flows.flow import Flow
from progress_backend.flows.stored_record import milliseconds
from progress_backend.record import events as ev
from progress_backend.record.document_check import MAX_DOCUMENT_BYTES
from progress_backend.record.model import Member, Remarks, Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.behaviour.driving import Driver, OverRedis, check_agreement, identity_of


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def looked(driver: Driver, after: float, token: str = "ours") -> dict[str, tuple[str, ...]]:
    """What a pass says so many seconds from now; each process' lock is free again after it."""
    now = driver.now() + seconds(after)
    due = driver.run(remark_checks.due(driver.flows, now, token))
    told = driver.run(remark_checks.look(driver.flows, due, now, {}))
    driver.execute(c.Unlock(remark_checks.LOCK, token))
    return {task_id: remarks.kinds for task_id, remarks in told}


def renew(driver: Driver, after: float = 0, lease: str = "lease-1") -> None:
    until = driver.now() + seconds(after + driver.settings.lease_s)
    driver.execute(c.Renew(lease, milliseconds(until)))


def begun(driver: Driver, known: Sequence[str] = (), after: float = 0) -> set[str]:
    flow = remark_checks.begun("lease-1", known, driver.now() + seconds(after))
    return driver.run(flow)


def run_with_values(driver: Driver, task_id: str, *, lease: str = "lease-1") -> None:
    """A run with a value a second, the last one now."""
    began = driver.now() - seconds(6)
    started = ev.Started(identity=identity_of(), worker=Worker(lease, f"celery@{lease}"))
    driver.apply(task_id, started, now=began)
    for second in range(7):
        value = ev.Progressed(current=second)
        driver.apply(task_id, value, now=began + seconds(second))


@pytest.fixture
def running(driver: Driver) -> Driver:
    run_with_values(driver, "a")
    begun(driver)
    return driver


def finished(driver: Driver, task_type: str, waited: float, took: float) -> None:
    """Four runs of a type."""
    now = driver.now() - seconds(1_000)
    for number in range(4):
        task_id, identity = f"{task_type}-{number}", identity_of(task_type)
        driver.apply(task_id, ev.Created(identity=identity), now=now)
        start = ev.Started(identity=identity)
        driver.apply(task_id, start, now=now + seconds(waited))
        driver.apply(task_id, ev.Completed(), now=now + seconds(waited + took))


def test_a_run_that_stops_has_stalled_until_its_next_value(running: Driver) -> None:
    renew(running)
    assert looked(running, 1) == {}
    renew(running, 40)
    assert looked(running, 40) == {"a": ("stalled",)}
    task = running.task("a")
    assert (task.status, task.remarks) == ("running", Remarks(stalled=task.updated_at))
    check_agreement(running, ["a"])
    assert running.execute(c.CountRemarks()) == (1, 0, 0)
    running.apply("a", ev.Progressed(current=8, attempt=1))
    assert running.task("a").remarks is None
    assert running.execute(c.CountRemarks()) == (0, 0, 0)
    check_agreement(running, ["a"])


def test_it_is_said_once_and_again_after_a_value(running: Driver) -> None:
    renew(running, 4_000)
    assert looked(running, 40) == {"a": ("stalled",)}
    assert [looked(running, 40 + 100 * n) for n in range(1, 9)] == [{}] * 8
    running.apply("a", ev.Progressed(current=8, attempt=1), now=running.now() + seconds(1_000))
    # A gap of a quarter of an hour: five of them are more than an hour.
    assert looked(running, 2_500) == {}
    renew(running, 9_000)
    assert looked(running, 7_000) == {"a": ("stalled",)}


def test_a_run_whose_worker_is_silent_is_left_to_the_pass_over_lost_runs(running: Driver) -> None:
    assert looked(running, 40) == {}
    renew(running)
    assert looked(running, 200) == {}
    assert running.task("a").remarks is None


def test_a_run_that_was_looked_at_is_not_read_before_it_can_have_stalled(running: Driver) -> None:
    renew(running, 100)
    looked(running, 1)
    assert running.run(remark_checks.due(running.flows, running.now() + seconds(25), "ours")) == []
    due = running.run(remark_checks.due(running.flows, running.now() + seconds(35), "ours"))
    assert due == ["a"]


def test_open_tasks_are_looked_at_from_half_a_minute_after_their_creation(driver: Driver) -> None:
    driver.create("waits")
    driver.start("runs")
    driver.start("ended")
    driver.apply("ended", ev.Completed())

    def due(after: float) -> set[str]:
        return set(driver.run(remark_checks.due(driver.flows, driver.now() + seconds(after), "x")))

    assert due(25) == set()
    assert due(35) == {"waits", "runs"}
    driver.create("next")
    assert due(20) == set()  # no clock goes back by itself
    assert due(40) == {"waits", "runs", "next"}


def test_many_are_found_in_parts(driver: Driver) -> None:
    ids = [f"t{number}" for number in range(25)]
    for task_id in ids:
        driver.create(task_id)
    at_ms = milliseconds(driver.now())
    until_us = (at_ms + 60_000) * 1000
    for _ in range(15):
        if driver.execute(c.FindOpen(until_us, 4, at_ms)) < 4:
            break
    assert sorted(driver.execute(c.ToLookAt(at_ms, 100))) == sorted(ids)
    assert driver.execute(c.ToLookAt(at_ms - 1, 100)) == []


def test_a_worker_has_its_new_runs_looked_at_at_once(driver: Driver) -> None:
    driver.create("late")
    driver.create("other")
    assert looked(driver, 35) == {}
    driver.start("late", "lease-1")
    assert begun(driver, after=36) == {"late"}
    due = remark_checks.due(driver.flows, driver.now() + seconds(36), "ours")
    assert driver.run(due) == ["late"]
    driver.execute(c.Unlock(remark_checks.LOCK, "ours"))
    looked(driver, 37)
    assert begun(driver, ["late"], after=38) == {"late"}
    assert driver.execute(c.ToLookAt(milliseconds(driver.now() + seconds(38)), 10)) == []


def test_a_task_that_waits_longer_than_usual_is_said_to(driver: Driver) -> None:
    finished(driver, "fetch_data", waited=40, took=5)
    driver.create("waits")
    driver.create("eta")
    driver.apply("eta", ev.Created(identity=identity_of(), eta=driver.now() + seconds(3_600)))
    driver.create("unknown", task_type="bulk_import")
    assert looked(driver, 35) == {}
    assert looked(driver, 58) == {}
    assert looked(driver, 62) == {"waits": ("waiting",)}
    assert driver.ids(1, 10, "created") == ["unknown", "eta", "waits"]
    driver.start("waits", "lease-1")
    assert driver.task("waits").remarks is None
    check_agreement(driver, ["unknown", "eta", "waits", *(f"fetch_data-{n}" for n in range(4))])


def test_a_run_that_takes_longer_than_usual_is_late_until_it_ends(driver: Driver) -> None:
    finished(driver, "fetch_data", waited=0, took=60)
    driver.start("a", "lease-1")
    begun(driver)
    assert looked(driver, 85) == {}
    assert looked(driver, 95) == {"a": ("late",)}
    driver.apply("a", ev.Progressed(current=1, attempt=1))
    assert driver.task("a").remarks.kinds == ("late",)
    assert driver.execute(c.CountRemarks()) == (0, 1, 0)
    driver.apply("a", ev.Completed(attempt=1))
    assert driver.task("a").remarks is None
    assert driver.execute(c.CountRemarks()) == (0, 0, 0)


def test_nothing_is_said_of_a_paused_run_nor_right_after_its_pause(running: Driver) -> None:
    running.apply("a", ev.Paused())
    renew(running, 10_000)
    assert looked(running, 5_000) == {}
    running.apply("a", ev.Resumed(), now=running.now() + seconds(5_000))
    assert looked(running, 5_020) == {}
    assert looked(running, 6_000) == {"a": ("stalled",)}


def test_a_retry_counts_down_in_peace_and_its_next_run_is_looked_at(running: Driver) -> None:
    hour = running.now() + seconds(3_600)
    running.apply("a", ev.Retried(retries=1, eta=hour, attempt=1))
    renew(running, 10_000)
    assert looked(running, 3_000) == {}
    again = running.now() + seconds(3_600)
    running.apply(
        "a", ev.Started(identity=identity_of(), worker=running.task("a").worker), now=again
    )
    assert looked(running, 3_700) == {}


def test_a_run_that_writes_meanwhile_is_spared(running: Driver) -> None:
    renew(running, 40)
    now = running.now() + seconds(40)
    (due,) = running.run(remark_checks.due(running.flows, now, "ours"))
    value = ev.Progressed(current=7, attempt=1)
    flow: Flow[list[tuple[str, Remarks]]] = remark_checks.look(running.flows, [due], now, {})
    assert running.drive(flow, lambda _: running.apply("a", value, now=now), c.Commits) == []
    assert running.task("a").remarks is None
    assert running.task("a").current_items == 7


def test_what_has_no_record_is_not_looked_at_again(running: Driver) -> None:
    running.lose("a")
    later_ms = milliseconds(running.now() + seconds(100))
    assert running.execute(c.ToLookAt(later_ms, 10)) == ["a"]
    assert looked(running, 100) == {}
    assert running.execute(c.ToLookAt(later_ms + 10**7, 10)) == []


def test_one_process_looks_at_a_time(running: Driver) -> None:
    assert running.execute(c.Lock(remark_checks.LOCK, "theirs", 15_000))
    assert looked(running, 40) == {}


def test_a_list_has_the_tasks_with_a_remark(running: Driver) -> None:
    run_with_values(running, "b", lease="lease-2")
    renew(running, 40)
    looked(running, 40)
    paged = running.run(running.flows.page(1, 10, remark="stalled"))
    assert [task_id for task_id, _ in paged.rows] == ["a"]
    assert (paged.total, paged.counts[1]) == (1, 2)
    assert running.run(running.flows.page(1, 10, remark="late")).total == 0


def test_a_workflows_member_has_its_remark_and_its_figures(driver: Driver) -> None:
    member = identity_of(member=Member(("w",)))
    now = driver.now()
    driver.apply("m", ev.Created(identity=member))
    driver.start("m", "lease-1", member=Member(("w",)))
    for second in range(7):
        driver.apply("m", ev.Progressed(current=second), now=now + seconds(second))
    begun(driver)
    renew(driver, 60)
    before = driver.execute(c.FiguresOf("w", 1))
    assert looked(driver, 60) == {"m": ("stalled",)}
    after = driver.execute(c.FiguresOf("w", 1))
    assert (after.counts, after.share) == (before.counts, before.share)
    driver.apply("m", ev.Completed(attempt=1))
    assert driver.execute(c.CountRemarks()) == (0, 0, 0)


def test_cleanup_leaves_nothing_of_it(redis_driver: OverRedis) -> None:
    driver = redis_driver
    run_with_values(driver, "a")
    begun(driver)
    renew(driver, 40)
    assert looked(driver, 40) == {"a": ("stalled",)}
    driver.lose("a")
    assert driver.run(sweep(("a",), 0)) == 1
    assert driver.execute(c.CountRemarks()) == (0, 0, 0)
    assert looked(driver, 10_000) == {}
    assert not driver.raw.exists(driver.keys.checks)


def test_eight_passes_at_once_say_each_remark_once(session_redis_url: str) -> None:
    settings = Settings(redis_url=session_redis_url, key_prefix="eight:")
    ids = [f"t{number}" for number in range(40)]
    with OverRedis(Store(settings)) as driver:
        for task_id in ids:
            run_with_values(driver, task_id)
        renew(driver, 40)
        now = driver.now() + seconds(40)
        revisions = {task_id: driver.task(task_id).revision for task_id in ids}
        together = threading.Barrier(8)
        told: list[str] = []

        def look() -> None:
            with Store(settings) as store:
                store.ready()
                together.wait()
                flow = remark_checks.look(store.flows, ids, now, {})
                told.extend(task_id for task_id, _ in store.run(flow))

        passes = [threading.Thread(target=look) for _ in range(8)]
        for one in passes:
            one.start()
        for one in passes:
            one.join()
        assert sorted(told) == sorted(ids)
        for task_id in ids:
            assert driver.task(task_id).revision == revisions[task_id] + 1
            assert driver.task(task_id).remarks.kinds == ("stalled",)


def test_a_remark_for_which_a_record_has_no_room_is_logged(
    running: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    known = len(running.run(running.flows.get("a")) or b"")
    full = ev.Progressed(results={"a": "a" * (MAX_DOCUMENT_BYTES - known - 40)})
    running.apply("a", full)
    renew(running, 40)
    assert looked(running, 40) == {}
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("a remark is not recorded: a: TooLarge: the record of task a")
