"""Records of runs that no worker will report on any more, though no lease has run out."""

from datetime import datetime, timedelta
from itertools import chain

import pytest

from progress_backend.flows import silent_runs
from progress_backend.flows.stored_record import ReadRecord, own_end
from progress_backend.operations import locks
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.record.transition import transition
from progress_backend.settings import Settings
from tests.behaviour.driving import Driver, identity_of
from tests.strategies import NOW

SILENT = timedelta(seconds=31)


def unheld(
    driver: Driver, after: timedelta = SILENT, token: str = "ours", now: datetime | None = None
) -> list[str]:
    _, found = driver.run(silent_runs.unheld(driver.flows, (now or driver.now()) + after, token))
    driver.execute(locks.give_back(silent_runs.UNHELD_LOCK, token))
    return [base.task.task_id for base in found]


@pytest.mark.usefixtures("at_one_time")
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
        assert driver.execute(locks.take(silent_runs.UNHELD_LOCK, "theirs", 15_000))
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


CREATED = ev.Created(identity=identity_of())
STARTED = ev.Started(identity=identity_of(), worker=Worker("lease-1", "celery@one"))
REDELIVERED = ev.Started(identity=identity_of(), worker=Worker("lease-2", "celery@two"))
WAITS, RUNS = (CREATED,), (STARTED,)
#: It was sent again, under the same id.
CREATED_AGAIN = (*RUNS, ev.Completed(), CREATED)


@pytest.mark.parametrize(
    ("happened", "seconds", "taken"),
    [
        (WAITS, 5, True),
        (RUNS, 5, True),
        # A run may have ended by a wrong clock; an earlier task's record is kept for a day.
        (RUNS, -23 * 3_600, True),
        (RUNS, 3_600, True),
        (RUNS, -25 * 3_600, False),
        (RUNS, None, True),
        ((*RUNS, REDELIVERED), -3_600, True),  # the same message, delivered again
        # An earlier task with its id may have ended a few minutes ago.
        ((*CREATED_AGAIN, *RUNS), -50, True),
        ((*CREATED_AGAIN, *RUNS), -70, False),
        # A first record may wait for what ended by a slow clock.
        (WAITS, -300, True),
        (WAITS, -361, False),
        ((*WAITS, ev.Paused()), -1, False),
        ((*WAITS, ev.Paused()), None, False),
        (CREATED_AGAIN, 5, False),  # whatever the clocks say
    ],
)
def test_the_result_backends_end_is_the_records_where_it_is_of_this_life(
    happened: tuple[ev.Event, ...], seconds: float | None, taken: bool
) -> None:
    task = None
    for revision, event in enumerate(happened, 1):
        now = NOW + timedelta(milliseconds=revision)
        task = transition(task, event, now, task_id="t", revision=revision)
    assert task is not None
    end = ev.Completed(at=None if seconds is None else NOW + timedelta(seconds=seconds))
    assert own_end(ReadRecord(task, ""), end, Settings()) == (end if taken else None)
