"""Which runs are suspected when a worker falls silent, and who takes a suspicion back."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from progress_backend.flows import silent_runs
from progress_backend.flows.stored_record import milliseconds
from progress_backend.operations import leases, locks
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from tests.behaviour import driving
from tests.behaviour.driving import Driver, check_agreement, identity_of

pytestmark = pytest.mark.usefixtures("at_one_time")
SILENT = timedelta(seconds=31)


def suspects(driver: Driver, after: timedelta = SILENT, token: str = "ours") -> list[str]:
    flow = driving.suspects(driver.settings, driver.now() + after, token)
    return [base.task.task_id for base in driver.run(flow)]


def left_over_of(
    driver: Driver, lease: str, at_work: Collection[str], after: timedelta = SILENT
) -> list[str]:
    """What a living worker holds, is not at work on, and is silent."""
    found = []
    held = [i for i in driver.run(silent_runs.held(lease)) if i not in at_work]
    for step in silent_runs.steps(held):
        flow = silent_runs.silent(driver.settings, driver.now() + after, lease, step, at_work)
        found += [base.task.task_id for base in driver.run(flow)]
    return found


def renew(driver: Driver, lease: str, until: timedelta = timedelta(seconds=30)) -> None:
    driver.execute(leases.renew(lease, milliseconds(driver.now() + until)))


def look_around(driver: Driver, after: timedelta = SILENT) -> list[str]:
    """The check of records that no worker holds; it reads every record."""
    _, found = driver.run(silent_runs.unheld(driver.flows, driver.now() + after, "ours"))
    driver.execute(locks.give_back(silent_runs.UNHELD_LOCK, "ours"))
    return [base.task.task_id for base in found]


def test_a_run_with_an_unknown_lease_is_suspected_a_lease_later(driver: Driver) -> None:
    driver.start("a", "lease-1")  # killed before it was renewed once
    assert look_around(driver) == []
    assert suspects(driver, 2 * SILENT - timedelta(seconds=2)) == []
    driver.execute(locks.give_back(silent_runs.LOCK, "ours"))
    assert suspects(driver, 2 * SILENT) == ["a"]


def test_a_worker_renews_a_lease_that_had_become_unknown(driver: Driver) -> None:
    driver.start("a", "lease-1")  # the store came back empty but for this
    look_around(driver)
    renew(driver, "lease-1", timedelta(seconds=90))
    look_around(driver)  # what it says is not taken for less
    assert suspects(driver, 2 * SILENT) == []


@pytest.fixture
def silent(driver: Driver) -> Driver:
    """A worker that runs two tasks and has renewed its lease a moment ago."""
    renew(driver, "lease-1")
    driver.start("a", "lease-1", symbol="7203.T")
    driver.start("b", "lease-1")
    return driver


def test_a_run_is_suspected_when_its_lease_is_gone_and_it_is_silent(silent: Driver) -> None:
    assert suspects(silent, timedelta(seconds=29)) == []
    silent.execute(locks.give_back("reap", "ours"))
    assert suspects(silent, timedelta(seconds=29), "ours") == []
    assert sorted(suspects(silent)) == ["a", "b"]


def test_a_run_that_spoke_is_not(silent: Driver) -> None:
    silent.apply("a", ev.Progressed(current=1), now=silent.now() + timedelta(seconds=20))
    assert suspects(silent) == ["b"]


def test_no_run_of_a_renewed_lease_is_suspected(silent: Driver) -> None:
    renew(silent, "lease-1", timedelta(seconds=60))
    assert suspects(silent) == []


def test_tasks_that_ended_or_have_no_worker_are_not_suspected(silent: Driver) -> None:
    silent.apply("a", ev.Completed())
    silent.apply("b", ev.Retried(retries=1))
    silent.create("c")
    assert suspects(silent) == []


def test_a_paused_run_is_suspected_too(silent: Driver) -> None:
    silent.apply("a", ev.Paused())
    assert sorted(suspects(silent)) == ["a", "b"]


def test_a_run_that_another_worker_took_over_is_not(silent: Driver) -> None:
    silent.start("a", "lease-2")
    assert suspects(silent) == ["b"]


def test_not_even_if_it_does_so_meanwhile(silent: Driver) -> None:
    flow = driving.suspects(silent.settings, silent.now() + SILENT, "ours")
    found = silent.drive(flow, lambda _: silent.start("a", "lease-2"), "GETRANGE")
    assert [base.task.task_id for base in found] == ["b"]


def test_a_lease_given_back_is_over_but_silence_is_still_waited_for(silent: Driver) -> None:
    silent.execute(leases.end("lease-1"))
    assert suspects(silent, timedelta(seconds=5)) == []
    assert sorted(suspects(silent)) == ["a", "b"]


def test_one_pass_at_a_time(silent: Driver) -> None:
    assert silent.execute(locks.take(silent_runs.LOCK, "theirs", 15_000))
    assert suspects(silent) == []


def test_an_index_entry_without_a_document_is_swept(silent: Driver) -> None:
    silent.lose("a")
    assert suspects(silent) == ["b"]
    assert silent.execute(leases.held("lease-1", 10)) == ["b"]
    check_agreement(silent, ["a", "b"])


def test_a_lease_that_holds_nothing_is_forgotten_after_a_while(driver: Driver) -> None:
    renew(driver, "lease-1")
    assert suspects(driver) == []
    assert driver.execute(leases.expired(2**52, 10)) != []
    assert suspects(driver, timedelta(minutes=10)) == []
    assert driver.execute(leases.expired(2**52, 10)) == []


def test_the_verdict_names_the_worker(silent: Driver) -> None:
    base = silent.run(driving.suspects(silent.settings, silent.now() + SILENT, "ours"))[0]
    verdict = silent_runs.lost(base, "en")
    task = silent.apply(base.task.task_id, verdict, base=base).task
    assert (task.status, task.error_cause) == ("error", "lost")
    assert task.error_message == "Worker celery@lease-1 stopped answering"
    check_agreement(silent, ["a", "b"])


def test_a_living_lease_keeps_its_silent_runs_from_expiring(silent: Driver) -> None:
    before = silent.due_ms("a")
    later = silent.now() + timedelta(days=3)
    assert silent.run(silent_runs.extend(silent.settings, later, "lease-1")) == 2
    assert silent.due_ms("a") == pytest.approx(before + 3 * 86_400_000, abs=60_000)
    assert silent.run(silent_runs.extend(silent.settings, later, "nobody")) == 0
    assert silent.task("a").revision == 1


def test_what_a_living_worker_holds_but_is_not_at_work_on_is_left_over(silent: Driver) -> None:
    def left_over(*at_work: str, after: timedelta = SILENT) -> list[str]:
        return sorted(left_over_of(silent, "lease-1", at_work, after))

    assert left_over() == ["a", "b"]
    assert left_over("a") == ["b"]
    assert left_over("a", "b") == []
    assert left_over(after=timedelta(seconds=29)) == []
    silent.lose("a")
    assert left_over() == ["b"]
    silent.apply("b", ev.Completed())
    assert left_over() == []


def test_what_is_left_over_is_found_behind_however_much_that_is_at_work(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silent_runs, "STEP", 2)
    for task_id in "abcde":
        driver.start(task_id, "lease-1")
    assert sorted(left_over_of(driver, "lease-1", {"a", "b", "c"})) == ["d", "e"]


def test_an_eager_run_is_left_over_once_its_outer_task_does_not_run(driver: Driver) -> None:
    worker = Worker("lease-1", "celery@one", "sent")
    driver.apply("inner", ev.Started(identity=identity_of(), worker=worker))

    def left_over(*at_work: str) -> list[str]:
        return left_over_of(driver, "lease-1", at_work)

    assert left_over("sent") == []
    assert left_over("other") == ["inner"]
    renew(driver, "lease-1")
    assert suspects(driver) == ["inner"]
