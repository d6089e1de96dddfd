"""Everything is killed at random while jobs run; in the end every record is true.

CHAOS_SEED repeats a storm's plan (what the machine makes of it differs), CHAOS_RUNS says how many
jobs the long one has.
"""

import os
from pathlib import Path
from random import SystemRandom

import pytest

from tests.chaos.ground import GROUNDS
from tests.chaos.plan import Plan
from tests.chaos.storm import Storm

#: Jobs of the storm that is a part of every test run.
SHORT = 60
LONG = 1_000


def seed() -> int:
    return int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(1_000_000))


def weather(ground: str, runs: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan.of(seed(), runs, ground)
    with capsys.disabled():
        print(f"\nCHAOS_SEED={plan.seed} CHAOS_RUNS={runs} {ground}")
        report = Storm(plan, folder, ground).run()
        print(report.table())
    if report.problems:
        print(report.histories())
        pytest.fail(f"CHAOS_SEED={plan.seed}\n" + "\n".join(report.problems), pytrace=False)


@pytest.mark.integration
@pytest.mark.slow
def test_a_short_storm_leaves_true_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weather("together", SHORT, tmp_path, capsys)


@pytest.mark.chaos
@pytest.mark.long
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_long_storm_leaves_true_records(
    ground: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weather(ground, int(os.environ.get("CHAOS_RUNS") or LONG), tmp_path, capsys)
