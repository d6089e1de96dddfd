"""What only the store in memory has: a clock of its own; the rest is tests/stores."""

from __future__ import annotations

from datetime import timedelta

import pytest

from progress_backend.flows import commands as c
from progress_backend.flows.cleanup import cleanup
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.memory import MemoryStore
from tests.behaviour.driving import OverMemory, identity_of
from tests.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(1_705_314_600.0)


@pytest.fixture
def driver(clock: Clock) -> OverMemory:
    return OverMemory(MemoryStore(Settings(timezone="Asia/Tokyo"), clock=clock))


def test_it_tells_the_time_of_its_clock_in_its_zone(driver: OverMemory) -> None:
    assert driver.now().isoformat() == "2024-01-15T19:30:00+09:00"


def test_documents_expire(driver: OverMemory, clock: Clock) -> None:
    driver.apply("t", ev.Started(identity=identity_of()), ev.Cancelled())
    clock.time += 86_400 + 3_600 + 59
    assert driver.task("t") is not None
    clock.time += 2
    assert driver.task("t") is None
    driver.execute(c.Extend(("t",), 10**9, 0))
    assert driver.task("t") is None
    assert driver.ids() == []
    assert driver.left_over() == set()


def test_a_lock_runs_out_by_its_clock(driver: OverMemory, clock: Clock) -> None:
    assert driver.execute(c.Lock("reap", "a", 1_000))
    clock.time += 1.001
    assert driver.execute(c.Lock("reap", "b", 1_000))
    driver.execute(c.Unlock("reap", "a"))
    assert not driver.execute(c.Lock("reap", "a", 1_000))


def test_order_is_of_creation_even_if_the_clock_stands_or_goes_back(
    driver: OverMemory, clock: Clock
) -> None:
    for task_id in ("a", "b"):
        driver.create(task_id)
    clock.time -= 300
    driver.create("c")
    assert driver.ids() == ["c", "b", "a"]


def test_it_is_a_stores_equal_in_life_and_death(driver: OverMemory) -> None:
    driver.store.ready()
    driver.start("t")
    driver.run(cleanup(driver.settings, driver.now() + timedelta(days=8), "token"))
    assert driver.left_over() == set()
    driver.close()
