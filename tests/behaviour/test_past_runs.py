"""The runs of a type that are kept: of which tasks, how many, and for how long."""

from datetime import timedelta

import pytest

from progress_backend.operations import records
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.record.past_runs import KEPT, PastRun
from tests.behaviour.driving import Driver, identity_of


def runs(driver: Driver, task_type: str = "fetch_data") -> tuple[PastRun, ...]:
    return driver.execute(records.runs_of(task_type))


def finish(driver: Driver, task_id: str, seconds: float, *, since: float = 0, **identity) -> None:
    began = driver.now() + timedelta(seconds=since)
    identity = identity_of(**{"total_items": 100, **identity})
    driver.apply(task_id, ev.Started(identity=identity), now=began)
    driver.apply(task_id, ev.Completed(), now=began + timedelta(seconds=seconds))


def test_the_last_ten_runs_are_kept_in_the_order_of_their_ends(driver: Driver) -> None:
    for number in range(KEPT + 3):
        finish(driver, f"t{number}", 10 + number, since=number)
        finish(driver, f"other{number}", 1, task_type="bulk_import")
    kept = [run.seconds for run in runs(driver)]
    assert kept == [pytest.approx(10 + n, abs=0.01) for n in range(3, KEPT + 3)]
    assert {run.items for run in runs(driver)} == {100}
    assert len(runs(driver, "bulk_import")) == KEPT
    assert runs(driver, "unseen") == ()


def test_a_members_run_is_kept_too(driver: Driver) -> None:
    began = driver.now()
    identity = identity_of(total_items=100, member=Member(("w",)))
    driver.apply("t", ev.Created(identity=identity), now=began)
    driver.apply("t", ev.Started(identity=identity), now=began + timedelta(seconds=5))
    driver.apply("t", ev.Completed(), now=began + timedelta(seconds=15))
    (run,) = runs(driver)
    assert (run.seconds, run.waited) == (pytest.approx(10, abs=0.01), 5)


def test_a_run_is_kept_once_whatever_its_record_gets_after_the_end(driver: Driver) -> None:
    finish(driver, "t", 10)
    driver.apply("t", ev.Acknowledged())
    driver.apply("t", ev.Completed(results={"late": 1}))
    driver.apply("t", ev.Progressed(details={"late": 1}))
    assert len(runs(driver)) == 1
    driver.create("t", total_items=100)  # it was sent again
    finish(driver, "t", 20, since=60)
    assert [run.seconds for run in runs(driver)] == [pytest.approx(n, abs=4) for n in (10, 20)]


def test_past_runs_of_a_type_expire_100_days_after_the_last(driver: Driver) -> None:
    finish(driver, "t", 10)
    kept_s = 100 * 86_400
    name = driver.names("t").runs("fetch_data")
    assert driver.raw.pttl(name) == pytest.approx(kept_s * 1000, abs=60_000)
