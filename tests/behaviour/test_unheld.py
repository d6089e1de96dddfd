"""Records whose run nobody will speak for any more, though no lease has run out."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import chain

import pytest

from progress_backend.flows import commands as c
from progress_backend.flows import silent_runs
from progress_backend.flows.stored_record import Base
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from tests.behaviour.driving import Driver
from tests.behaviour.test_reaping import left_over_of

SILENT = timedelta(seconds=31)


def unheld(
    driver: Driver, after: timedelta = SILENT, token: str = "ours", now: datetime | None = None
) -> list[str]:
    _, found = driver.run(silent_runs.unheld(driver.flows, (now or driver.now()) + after, token))
    driver.execute(c.Unlock(silent_runs.UNHELD_LOCK, token))
    return [base.task.task_id for base in found]


def left_over(driver: Driver, *at_work: str, after: timedelta = SILENT) -> list[str]:
    return left_over_of(driver, "lease-1", set(at_work), after)


def base_of(driver: Driver, task_id: str) -> Base:
    document = driver.run(driver.flows.get(task_id))
    assert document is not None
    return Base.of(document)


class TestUnheld:
    def test_is_what_waits_for_a_run_and_is_silent(self, driver: Driver) -> None:
        driver.create("waits")
        driver.start("retries", "lease-1")
        driver.apply("retries", ev.Retried(retries=1))
        driver.start("held", "lease-1")
        driver.create("paused")
        driver.apply("paused", ev.Paused())
        driver.start("ended", "lease-1")
        driver.apply("ended", ev.Completed())
        assert sorted(unheld(driver)) == ["paused", "retries", "waits"]
        assert unheld(driver, timedelta(seconds=29)) == []

    def test_is_looked_for_by_one_at_a_time(self, driver: Driver) -> None:
        driver.create("waits")
        assert driver.execute(c.Lock(silent_runs.UNHELD_LOCK, "theirs", 5_000))
        assert driver.run(silent_runs.unheld(driver.flows, driver.now() + SILENT, "ours")) == (
            [],
            [],
        )
        assert unheld(driver, token="theirs") == ["waits"]

    def test_is_looked_for_page_by_page(
        self, driver: Driver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(silent_runs, "_UNHELD", 2)
        for number in range(5):
            driver.create(f"t-{number}")
        interval = timedelta(seconds=driver.settings.reap_interval_s)
        now = driver.now()
        passes = [unheld(driver, SILENT + turn * interval, now=now) for turn in range(3)]
        assert max(map(len, passes)) == 2
        assert sorted(chain(*passes)) == [f"t-{number}" for number in range(5)]

    def test_nothing_is_not_searched(self, driver: Driver) -> None:
        assert unheld(driver) == []


class TestLeftOver:
    def test_is_what_a_living_worker_holds_and_is_not_at_work_on(self, driver: Driver) -> None:
        for task_id in ("a", "b"):
            driver.start(task_id, "lease-1")
        driver.start("c", "lease-2")
        assert sorted(left_over(driver)) == ["a", "b"]
        assert left_over(driver, "a") == ["b"]
        assert left_over(driver, "a", "b") == []

    def test_is_silent_for_a_lease(self, driver: Driver) -> None:
        driver.start("a", "lease-1")
        assert left_over(driver, after=timedelta(seconds=29)) == []

    def test_has_a_document(self, driver: Driver) -> None:
        driver.start("a", "lease-1")
        driver.lose("a")
        assert left_over(driver) == []

    def test_can_be_lost_under_the_living_lease(self, driver: Driver) -> None:
        driver.start("a", "lease-1")
        applied = driver.apply("a", silent_runs.lost(base_of(driver, "a"), "en"))
        assert applied.task.error_cause == "lost"


class TestOfThisLife:
    """Whether the result backend's end is the record's."""

    def end(self, base: Base, seconds: float) -> ev.Event:
        assert base.task.created_at is not None
        return ev.Completed(at=base.task.created_at + timedelta(seconds=seconds))

    def takes(self, base: Base, end: ev.Event) -> bool:
        return silent_runs.of_this_life(base, end, Settings())

    def test_an_end_after_its_creation_is(self, driver: Driver) -> None:
        for base in (driver.create("waits"), driver.start("runs", "lease-1")):
            assert self.takes(base, self.end(base, 5))

    @pytest.mark.parametrize("hours", [-23, 1])
    def test_a_run_may_have_ended_by_a_wrong_clock(self, driver: Driver, hours: int) -> None:
        """The record of an earlier task with its id would be kept for a day."""
        base = driver.start("runs", "lease-1")
        assert self.takes(base, self.end(base, hours * 3_600))
        assert not self.takes(base, self.end(base, -25 * 3_600))
        assert self.takes(base, ev.Completed())

    def test_so_may_a_run_of_the_same_message_that_is_delivered_again(self, driver: Driver) -> None:
        driver.start("runs", "lease-1")
        base = driver.start("runs", "lease-2")
        assert base.task.attempt == 2
        assert self.takes(base, self.end(base, -3_600))

    def test_of_a_task_that_was_sent_again_the_clock_may_be_less_slow(self, driver: Driver) -> None:
        """An earlier task with its id may have ended a few minutes ago."""
        driver.start("again", "lease-1")
        driver.apply("again", ev.Completed())
        driver.create("again")
        base = driver.start("again", "lease-1")
        assert base.task.attempt == 2
        assert self.takes(base, self.end(base, -50))
        assert not self.takes(base, self.end(base, -70))

    def test_a_first_record_may_wait_for_what_ended_by_a_slow_clock(self, driver: Driver) -> None:
        base = driver.create("waits")
        assert self.takes(base, self.end(base, -300))
        assert not self.takes(base, self.end(base, -361))

    def test_the_end_of_an_earlier_task_with_its_id_is_not(self, driver: Driver) -> None:
        driver.create("waits")
        base = driver.apply("waits", ev.Paused()).base
        assert not self.takes(base, self.end(base, -1))
        assert not self.takes(base, ev.Completed())

    def test_a_record_made_anew_waits_whatever_the_clocks_say(self, driver: Driver) -> None:
        driver.start("again", "lease-1")
        driver.apply("again", ev.Completed())
        base = driver.create("again")
        assert base.task.attempt == 1
        assert not self.takes(base, self.end(base, 5))
