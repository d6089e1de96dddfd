"""What the pass of a worker records of the runs under its lease, over every store."""

from datetime import timedelta

import pytest

from progress_backend.flows import outcome_figures, silent_runs, warning_checks
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record.fields import MAX_DOCUMENT_BYTES
from progress_backend.record.model import Warnings, Worker
from tests.behaviour.driving import Driver, check_agreement, identity_of

pytestmark = pytest.mark.usefixtures("at_one_time")


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def looked(driver: Driver, after: float, lease: str = "lease-1") -> dict[str, tuple[str, ...]]:
    """What a worker's pass says so many seconds from now."""
    held = driver.execute(leases.held(lease, 100))
    now = driver.now() + seconds(after)
    judged = driver.run(warning_checks.of_lease(driver.flows, lease, held, now, {}))
    return {task_id: warnings.kinds for task_id, warnings in judged}


def warned(driver: Driver) -> tuple[int, int]:
    """How many tasks of the type are stalled, and late."""
    found = driver.run(outcome_figures.warnings(("fetch_data",)))
    assert found.get(("late", "other"), 0) == found.get(("stalled", "other"), 0) == 0
    return found.get(("stalled", "fetch_data"), 0), found.get(("late", "fetch_data"), 0)


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
    return driver


def finished(driver: Driver, task_type: str, took: float) -> None:
    """Four runs of a type."""
    now = driver.now() - seconds(1_000)
    for number in range(4):
        task_id, identity = f"{task_type}-{number}", identity_of(task_type)
        driver.apply(task_id, ev.Created(identity=identity), now=now)
        driver.apply(task_id, ev.Started(identity=identity), now=now)
        driver.apply(task_id, ev.Completed(), now=now + seconds(took))


def test_a_run_that_stops_has_stalled_until_its_next_value(running: Driver) -> None:
    assert looked(running, 29) == {}
    assert looked(running, 31) == {"a": ("stalled",)}
    task = running.task("a")
    assert (task.status, task.warnings) == ("running", Warnings(stalled=task.updated_at))
    check_agreement(running, ["a"])
    assert warned(running) == (1, 0)
    running.apply("a", ev.Progressed(current=8, attempt=1))
    assert running.task("a").warnings is None
    assert warned(running) == (0, 0)
    check_agreement(running, ["a"])


def test_a_run_that_another_worker_has_by_now_is_left_to_that(running: Driver) -> None:
    driver, now = running, running.now() + seconds(40)
    assert driver.run(warning_checks.of_lease(driver.flows, "lease-2", ["a"], now, {})) == []
    assert driver.task("a").warnings is None


def test_a_run_that_takes_longer_than_usual_is_late_until_it_ends(driver: Driver) -> None:
    finished(driver, "fetch_data", took=60)
    driver.start("a", "lease-1")
    assert looked(driver, 70) == {}
    assert looked(driver, 80) == {"a": ("late",)}
    driver.apply("a", ev.Progressed(current=1, attempt=1))
    assert driver.task("a").warnings.kinds == ("late",)
    assert warned(driver) == (0, 1)
    driver.apply("a", ev.Completed(attempt=1))
    assert driver.task("a").warnings is None
    assert warned(driver) == (0, 0)


def test_a_task_outside_of_celery_can_be_late_but_never_stalled(driver: Driver) -> None:
    driver.create("http")
    for second in range(7):
        value = ev.Progressed(current=second)
        driver.apply("http", value, now=driver.now() + seconds(second))
    driver.create("timed", expect_s=60)
    driver.apply("timed", ev.Progressed(current=1))
    now = driver.now() + seconds(100)
    found, _ = driver.run(silent_runs.unheld(driver.flows, now, "ours"))
    judged = driver.run(warning_checks.judge(driver.flows, found, now, {}))
    assert [(task_id, warnings.kinds) for task_id, warnings in judged] == [("timed", ("late",))]


def test_a_run_that_writes_meanwhile_is_spared(running: Driver) -> None:
    now = running.now() + seconds(40)
    value = ev.Progressed(current=7, attempt=1)
    flow = warning_checks.of_lease(running.flows, "lease-1", ["a"], now, {})
    assert running.drive(flow, lambda _: running.apply("a", value, now=now), "commit") == []
    assert running.task("a").warnings is None
    assert running.task("a").current_items == 7


def test_a_warning_for_which_a_record_has_no_room_is_logged(
    running: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    known = len(running.run(running.flows.get("a")) or b"")
    full = ev.Progressed(results={"a": "a" * (MAX_DOCUMENT_BYTES - known - 40)})
    running.apply("a", full)
    assert looked(running, 40) == {}
    (logged,) = [record.getMessage() for record in caplog.records]
    assert logged.startswith("a warning is not recorded: a: TooLarge: the record of task a")
