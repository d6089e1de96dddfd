"""Cleanup: after its retention, and only then, a record goes with all that belongs to it."""

from datetime import timedelta
from typing import Any

import pytest

from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.task_lifetimes import UNENDED_S
from progress_backend.operations import locks, records, sweeps
from progress_backend.operations.index_entry import Facets
from progress_backend.record import events as ev
from tests.asked import given, requests
from tests.behaviour.driving import Driver, check_agreement

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def clean(driver: Driver, after: timedelta, token: str = "ours", **options: int) -> int:
    return driver.run(cleanup(driver.settings, driver.now() + after, token, **options))


@pytest.mark.parametrize(
    "end",
    [ev.Completed(), ev.Failed(error_message="why"), ev.Cancelled()],
    ids=lambda e: type(e).__name__,
)
def test_an_ended_task_goes_after_its_retention(driver: Driver, end) -> None:
    driver.start("t", "lease-1", symbol="7203.T")
    driver.apply("t", end)
    assert clean(driver, DAY - MINUTE) == 0
    assert driver.task("t") is not None
    assert clean(driver, DAY + MINUTE) == 1
    assert driver.task("t") is None
    # What is known of its type stays for the next one.
    of_the_type = ("task_runs:fetch_data", "progress_outcomes", "progress_last_successes")
    assert all(name.endswith(of_the_type) for name in driver.left_over())


def test_the_arguments_of_a_task_go_with_it(driver: Driver) -> None:
    identity = ev.Identity(task_type="fetch_data", again=True)
    driver.apply("t", ev.Created(identity=identity, message=b"- {}"))
    driver.apply("t", ev.Cancelled())
    assert any("progress_message" in name for name in driver.left_over())
    assert clean(driver, DAY + MINUTE) == 1
    assert not any("progress_message" in name for name in driver.left_over())


def test_retention_counts_from_the_end(driver: Driver) -> None:
    start = driver.now() - 3 * DAY
    driver.apply("t", ev.Started(identity=ev.Identity(task_type="x")), now=start)
    driver.apply("t", ev.Completed())
    assert clean(driver, timedelta()) == 0


def test_a_live_task_is_never_deleted(driver: Driver) -> None:
    driver.create("created", root_id="created")
    driver.start("running", "lease-1")
    driver.create("paused")
    driver.apply("paused", ev.Paused())
    week = timedelta(seconds=UNENDED_S)
    assert clean(driver, week - MINUTE) == 0
    driver.apply("running", ev.Progressed(current=1), now=driver.now() + week - MINUTE)
    assert clean(driver, week + MINUTE) == 2  # a week without a sign of life
    assert driver.ids() == ["running"]
    check_agreement(driver, ["created", "running", "paused"])


def test_what_is_extended_is_kept(driver: Driver) -> None:
    driver.start("t", "lease-1")
    before = driver.ttl_ms("t")
    far_ms = int((driver.now() + 30 * DAY).timestamp() * 1000)
    driver.execute(records.extend(("t", "nobody"), 30 * 86_400_000, far_ms))
    assert clean(driver, 20 * DAY) == 0
    assert driver.ttl_ms("t") > before + 86_400_000
    driver.execute(records.extend(("t",), 1_000, 1_000))  # never shortened
    assert driver.ttl_ms("t") > before + 86_400_000
    assert clean(driver, 29 * DAY) == 0
    driver.execute(records.extend((), 1, 1))
    assert driver.execute(sweeps.due(2**52, 10)) == ["t"]


def test_a_document_that_expired_first_leaves_nothing_behind(driver: Driver) -> None:
    driver.start("t", "lease-1", symbol="7203.T")
    driver.apply("t", ev.Cancelled())
    driver.lose("t")
    assert clean(driver, DAY + MINUTE) == 1
    assert all(name.endswith("progress_outcomes") for name in driver.left_over())


def test_a_pass_and_its_steps_have_bounds(driver: Driver) -> None:
    for n in range(7):
        driver.apply(f"t{n}", ev.Started(identity=ev.Identity(task_type="x")), ev.Cancelled())
    flow = cleanup(driver.settings, driver.now() + 2 * DAY, "ours", batch=2, most=4)
    sizes: list[int] = []

    def count(call: Any) -> int:
        (request,) = requests(call)
        return int(given(request, "count"))

    assert driver.drive(flow, lambda call: sizes.append(count(call)), "sweep") == 4
    assert sizes == [2, 2]
    assert len(driver.ids()) == 3
    assert clean(driver, 2 * DAY, "theirs") == 3  # the lock was given back


def test_one_at_a_time(driver: Driver) -> None:
    driver.apply("t", ev.Started(identity=ev.Identity(task_type="x")), ev.Cancelled())
    assert driver.execute(locks.take("cleanup", "theirs", 60_000))
    assert clean(driver, 2 * DAY) == 0
    assert driver.task("t") is not None
    driver.execute(locks.give_back("cleanup", "theirs"))
    assert clean(driver, 2 * DAY) == 1


def test_what_has_moved_since_it_was_looked_at_is_left_alone(driver: Driver) -> None:
    driver.start("t", "lease-1")
    elsewhere = Facets("created", "fetch_data")
    entries = (sweeps.Entry("t", elsewhere), sweeps.Entry("t", None))
    assert driver.execute(sweeps.sweep(entries, 2**52)) == 0
    check_agreement(driver, ["t"])


def test_who_came_back_in_between_is_spared(driver: Driver) -> None:
    driver.start("t", "lease-1")
    driver.apply("t", ev.Cancelled())
    later = driver.now() + 2 * DAY
    flow = cleanup(driver.settings, later, "ours")
    assert driver.drive(flow, lambda _: driver.create("t"), "sweep") == 0
    assert driver.task("t").status == "created"
    check_agreement(driver, ["t"])
