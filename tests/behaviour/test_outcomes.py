"""Ends, further runs, waits and runs by type, as every store counts them."""

from datetime import timedelta
from typing import Any

import pytest

from progress_backend.operations import counts as counts_ops
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.record.outcomes import ATTEMPT, CORRECTED, OTHERS, RUN, WAIT, by_type
from tests.behaviour.driving import Driver, identity_of


def finish(
    driver: Driver, task_id: str, *, waits: float, runs: float, after: float = 0, **identity: Any
) -> None:
    since, identity = driver.now() + timedelta(seconds=after), identity_of(**identity)
    began = since + timedelta(seconds=waits)
    driver.apply(task_id, ev.Created(identity=identity), now=since)
    driver.apply(task_id, ev.Started(identity=identity), now=began)
    driver.apply(task_id, ev.Completed(), now=began + timedelta(seconds=runs))


def counted(driver: Driver) -> Any:
    return by_type(driver.execute(counts_ops.outcomes()))


def ends(driver: Driver, task_type: str = "fetch_data") -> dict[str, int]:
    return {":".join(end): n for end, n in counted(driver)[task_type].ends.items() if n}


def numbers(driver: Driver, kind: str) -> dict[str, int]:
    found = counted(driver).items()
    return {task_type: its.buckets(kind)[-1][1] for task_type, its in found}


@pytest.mark.parametrize("member", [None, Member(("w", "canvas"))], ids=["single", "member"])
def test_each_first_start_and_each_success_counts(driver: Driver, member: Member | None) -> None:
    for number in range(3):
        finish(driver, f"t{number}", waits=2, runs=20, member=member)
    finish(driver, "slow", waits=100_000, runs=0.2, member=member)
    odd = 'a|b"\\ {}=~é'
    finish(driver, "odd", waits=0.3, runs=2, task_type=odd, member=member)
    driver.start("open")
    assert numbers(driver, WAIT) == numbers(driver, RUN) == {"fetch_data": 4, odd: 1}
    its = counted(driver)["fetch_data"]
    assert its.sum_s(RUN) == pytest.approx(60.2, abs=0.01)
    assert its.sum_s(WAIT) == pytest.approx(100_006, abs=0.01)
    assert [number for _, number in its.buckets(RUN)] == [0, 1, 1, 4, 4, 4, 4]
    assert [number for _, number in its.buckets(WAIT)] == [0, 0, 3, 3, 3, 3, 4]
    assert ends(driver) == {"completed:": 4}
    assert abs(its.successes[False] - driver.now().timestamp() * 1e3) < 100_060_000


def test_a_corrected_end_counts_by_itself_and_no_sum_falls(driver: Driver) -> None:
    """A lost run goes on, and completes; a failure's message comes again."""
    base = driver.start("t", "lease-1")
    sums = [driver.execute(counts_ops.outcomes()).fields]

    def happens(event: ev.Event) -> None:
        driver.apply("t", event)
        sums.append(driver.execute(counts_ops.outcomes()).fields)
        assert all(sums[-1][name] >= number for name, number in sums[-2].items())

    lost = ev.Lost(lease="lease-1", error_message="gone", revision=base.task.revision)
    happens(lost)
    assert ends(driver) == {"error:lost": 1}
    happens(ev.Progressed(current=3, attempt=1))
    assert counted(driver)["fetch_data"].sums[CORRECTED] == 1
    happens(ev.Completed(attempt=1))
    assert ends(driver) == {"error:lost": 1, "completed:": 1}
    happens(ev.Created(identity=identity_of()))  # another life is no correction
    happens(ev.Started(identity=identity_of()))
    happens(ev.Failed(error_message="own", cause="nobody's word"))
    assert ends(driver) == {"error:lost": 1, "completed:": 1, "error:exception": 1}
    assert counted(driver)["fetch_data"].sums[CORRECTED] == 1
    assert counted(driver)["fetch_data"].sums[ATTEMPT] == 0


def test_the_last_success_of_a_schedule_is_its_own(driver: Driver) -> None:
    finish(driver, "beat", waits=1, runs=2, scheduled=True)
    finish(driver, "hand", waits=1, runs=2, after=100)
    finish(driver, "late", waits=1, runs=2, after=50)
    found = counted(driver)["fetch_data"].successes
    assert found.keys() == {True, False}
    assert found[False] - found[True] == pytest.approx(100_000, abs=5_000)
    assert driver.task("beat").scheduled is True
    assert driver.task("hand").scheduled is False


def test_types_beyond_the_bound_count_together(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.flows.parts.outcomes.MOST_TYPES", 2)
    # On a cluster each partition has a bound of its own: one id is one partition.
    for nth, number in enumerate((0, 1, 2, 3, 0, 3)):
        finish(driver, "t", waits=2, runs=20, after=50 * nth, task_type=f"type{number}")
    assert numbers(driver, WAIT) == numbers(driver, RUN) == {"type0": 2, "type1": 1, OTHERS: 3}
    assert counted(driver)[OTHERS].sum_s(RUN) == pytest.approx(60, abs=0.02)
    assert ends(driver, OTHERS) == {"completed:": 3}
    assert counted(driver)[OTHERS].successes.keys() == {False}
    assert len(driver.execute(counts_ops.outcomes()).fields) == 1 + 2 + 3 * 5


def test_a_key_of_another_program_changes_no_commit(driver: Driver) -> None:
    for keys in driver.store.layout.keys:
        driver.raw.set(keys.outcomes, "another program's")
        driver.raw.set(keys.successes, "another program's")
    finish(driver, "t", waits=2, runs=20)
    assert driver.task("t").status == "completed"
    assert counted(driver) == {}
    for keys in driver.store.layout.keys:
        driver.raw.delete(keys.outcomes)
        fields = ("run|60.0|fetch_data", "run|sum|fetch_data", "types", "", "a", "end|x|t", "x||u")
        driver.raw.hset(keys.outcomes, mapping=dict.fromkeys(fields, "no number"))
    finish(driver, "u", waits=2, runs=20)
    assert driver.task("u").status == "completed"
    assert ends(driver) == {"completed:": 1}
    assert numbers(driver, RUN)["fetch_data"] == 0
