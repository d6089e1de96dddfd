"""Locks, leases and counts: the commands that stand beside the records."""

from datetime import timedelta

from progress_backend.operations import counts, leases, locks
from progress_backend.record import events as ev
from tests.behaviour.driving import Driver
from tests.waiting import eventually


def test_a_lock_is_one_tokens_until_it_is_given_back(driver: Driver) -> None:
    assert driver.execute(locks.take("reap", "a", 60_000))
    assert driver.execute(locks.take("reap", "a", 60_000))
    assert not driver.execute(locks.take("reap", "b", 60_000))
    assert driver.execute(locks.take("cleanup", "b", 60_000))
    driver.execute(locks.give_back("reap", "b"))
    assert not driver.execute(locks.take("reap", "b", 60_000))
    driver.execute(locks.give_back("reap", "a"))
    assert driver.execute(locks.take("reap", "b", 60_000))
    driver.execute(locks.give_back("nothing", "b"))


def test_a_lock_runs_out(driver: Driver) -> None:
    assert driver.execute(locks.take("reap", "a", 30))
    eventually(lambda: driver.execute(locks.take("reap", "b", 60_000)), timeout=60)


def test_a_lock_is_kept_by_who_has_it(driver: Driver) -> None:
    assert driver.execute(locks.take("reap", "a", 200))
    assert driver.execute(locks.take("reap", "a", 60_000))
    assert not driver.execute(locks.take("reap", "b", 60_000))
    # Taken for far longer than any caller requests: by a clock that was set back since.
    assert driver.execute(locks.take("reap", "b", 20_000))
    assert not driver.execute(locks.take("reap", "a", 20_000))


def test_leases_that_ran_out_come_oldest_first(driver: Driver) -> None:
    for lease, until in (("b", 200), ("a", 100), ("c", 300)):
        driver.execute(leases.renew(lease, until))
    assert driver.execute(leases.expired(300, 10)) == [("a", 100), ("b", 200)]
    assert driver.execute(leases.expired(301, 10)) == [("a", 100), ("b", 200), ("c", 300)]
    assert driver.execute(leases.expired(301, 1)) == [("a", 100)]
    driver.execute(leases.renew("a", 400))
    assert driver.execute(leases.expired(301, 10)) == [("b", 200), ("c", 300)]


def test_when_a_lease_runs_out(driver: Driver) -> None:
    driver.execute(leases.renew("a", 10**13))
    assert driver.execute(leases.ends_at("a")) == 10**13
    assert driver.execute(leases.ends_at("nobody")) is None
    driver.execute(leases.end("a"))
    assert driver.execute(leases.ends_at("a")) == 0


def test_a_lease_that_is_given_back_is_over_at_once(driver: Driver) -> None:
    driver.execute(leases.renew("a", 10**13))
    driver.execute(leases.end("a"))
    driver.execute(leases.end("nobody"))
    assert driver.execute(leases.expired(1, 10)) == [("a", 0)]


def test_a_lease_is_forgotten_when_it_is_over_and_holds_nothing(driver: Driver) -> None:
    driver.execute(leases.renew("a", 100))
    in_the_first = (i for i in map(str, range(1_000)) if driver.store.layout.place(i) == 0)
    driver.start(task_id := next(in_the_first), "a")
    driver.execute(leases.forget("a", 200))
    assert driver.execute(leases.expired(1_000, 10)) == [("a", 100)]
    driver.apply(task_id, ev.Completed())
    driver.execute(leases.forget("a", 100))
    assert driver.execute(leases.expired(1_000, 10)) == [("a", 100)]
    driver.execute(leases.forget("a", 101))
    driver.execute(leases.forget("nobody", 101))
    assert driver.execute(leases.expired(1_000, 10)) == []


def test_counts(driver: Driver) -> None:
    driver.create("a")
    driver.start("b")
    driver.start("c")
    driver.apply("c", ev.Completed())
    counted = driver.execute(driver.flows.count(driver.now()))
    assert (counted.records, counted.active) == (3, 1)
    used = driver.used_memory()
    memory = driver.execute(counts.memory())
    assert used / 1.5 < memory.used_bytes < used * 1.5, "once, however many partitions"
    tomorrow = driver.now() + timedelta(days=1)
    assert driver.execute(driver.flows.count(tomorrow)).recent == 0
    noon = driver.now().replace(hour=23, minute=59)
    assert driver.execute(driver.flows.count(noon)).recent == 3
