"""How long tasks waited and ran, as every store counts it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from progress_backend.operations import counts as counts_ops
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.record.time_totals import OTHERS, Total
from tests.behaviour.driving import Driver, identity_of


def finish(
    driver: Driver, task_id: str, *, waits: float, runs: float, after: float = 0, **identity: Any
) -> None:
    since, identity = driver.now() + timedelta(seconds=after), identity_of(**identity)
    began = since + timedelta(seconds=waits)
    driver.apply(task_id, ev.Created(identity=identity), now=since)
    driver.apply(task_id, ev.Started(identity=identity), now=began)
    driver.apply(task_id, ev.Completed(), now=began + timedelta(seconds=runs))


def counts(driver: Driver) -> dict[tuple[str, str], int]:
    return {name: total.number for name, total in driver.execute(counts_ops.times()).items()}


@pytest.mark.parametrize("member", [None, Member(("w", "canvas"))], ids=["single", "member"])
def test_each_first_start_and_each_success_counts(driver: Driver, member: Member | None) -> None:
    for number in range(3):
        finish(driver, f"t{number}", waits=2, runs=20, member=member)
    finish(driver, "slow", waits=100_000, runs=0.2, member=member)
    finish(driver, "other", waits=0.3, runs=2, task_type="a|b", member=member)
    driver.start("open")
    found = driver.execute(counts_ops.times())
    assert counts(driver) == {
        ("wait", "fetch_data"): 4,
        ("run", "fetch_data"): 4,
        ("wait", "a|b"): 1,
        ("run", "a|b"): 1,
    }
    assert found["run", "fetch_data"].us == pytest.approx(60_200_000, abs=10_000)
    assert found["wait", "fetch_data"].us == pytest.approx(100_006_000_000, abs=10_000)
    assert found["run", "a|b"].us == pytest.approx(2_000_000, abs=10_000)


def test_a_start_and_an_end_in_one_commit(driver: Driver) -> None:
    since, identity = driver.now(), identity_of(member=Member(("w",)))
    for task_id, about in (("alone", identity_of()), ("member", identity)):
        driver.apply(task_id, ev.Created(identity=about), now=since)
        events = (ev.Started(identity=about), ev.Completed())
        driver.apply(task_id, *events, now=since + timedelta(seconds=2))
    found = driver.execute(counts_ops.times())
    assert found["wait", "fetch_data"] == Total(2, pytest.approx(4_000_000, abs=10_000))
    assert found["run", "fetch_data"] == Total(2, pytest.approx(0, abs=10_000))


def test_types_beyond_the_bound_count_together(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.flows.parts.time_totals.MOST_TOTALS", 4)
    # On a cluster each partition has a bound of its own: one id is one partition.
    for number in range(4):
        for after in (100 * number, 100 * number + 50):
            finish(driver, "t", waits=2, runs=20, after=after, task_type=f"type{number}")
    own = {(kind, f"type{number}"): 2 for kind in ("wait", "run") for number in (0, 1)}
    assert counts(driver) == own | {("run", OTHERS): 4, ("wait", OTHERS): 4}
    total = driver.execute(counts_ops.times())["run", OTHERS]
    assert total.us == pytest.approx(80_000_000, abs=20_000)


def test_a_key_of_another_program_changes_no_commit(driver: Driver) -> None:
    for keys in driver.store.layout.keys:
        driver.raw.set(keys.times, "another program's")
    finish(driver, "t", waits=2, runs=20)
    assert driver.task("t").status == "completed"
    for keys in driver.store.layout.keys:
        driver.raw.delete(keys.times)
        fields = ("run|count|fetch_data", "run|sum|fetch_data")
        driver.raw.hset(keys.times, mapping=dict.fromkeys(fields, "no number"))
    finish(driver, "u", waits=2, runs=20)
    assert driver.task("u").status == "completed"
    assert driver.execute(counts_ops.times())["run", "fetch_data"] == Total()
