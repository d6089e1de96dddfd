"""A seed says all that a storm does."""

from __future__ import annotations

import pytest

from tests.chaos.ground import GROUNDS
from tests.chaos.plan import INJURIES, PACE, Plan


def test_a_seed_is_a_plan() -> None:
    assert Plan.of(7, 200) == Plan.of(7, 200) != Plan.of(8, 200)


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_long_storm_has_every_kind_of_job_and_injury_in_order(ground: str) -> None:
    plan = Plan.of(7, 1_000, ground)
    assert {job.kind for job in plan.jobs} >= {"quick", "long", "failing", "late", "steered"}
    assert {injury.what for injury in plan.injuries} == set(INJURIES[ground])
    for times in ([job.at for job in plan.jobs], [injury.at for injury in plan.injuries]):
        assert times == sorted(times)
    assert plan.injuries[-1].at < plan.jobs[-1].at < 2 * 1_000 / PACE
