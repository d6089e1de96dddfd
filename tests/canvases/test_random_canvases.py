"""Whatever a canvas is made of, and whatever dies under it: its workflow says what Celery says.

CANVASES_SEED repeats a trial's canvases and the moments of its kills.
"""

import os
from pathlib import Path
from random import SystemRandom

import pytest

from tests.canvases.trial import Trial

#: Canvases at once in a short trial, in a round of the long one, and its rounds.
FEW, MANY, ROUNDS = 30, 100, 10

pytestmark = pytest.mark.integration


def seed(config: pytest.Config) -> int:
    """Always the same canvases, but for `make chaos`: what fails fails at once, not some day."""
    chance = SystemRandom().randrange(10**6) if config.option.tier == "chaos" else 1
    return int(os.environ.get("CANVASES_SEED") or chance)


def tried(
    trial: Trial, first: int, rounds: int, many: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(first, first + rounds):
        with capsys.disabled():
            print(f"\nCANVASES_SEED={number}", end=" ", flush=True)
        wrong = trial.run(number, many)
        with capsys.disabled():
            print(f"killed so far: {trial.killed}, pauses: {trial.pauses}", end=" ", flush=True)
        if wrong:
            pytest.fail(f"CANVASES_SEED={number}\n" + "\n".join(wrong), pytrace=False)
    assert trial.killed["pool process"]


@pytest.mark.slow
def test_thirty_canvases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    with Trial(tmp_path, workers=1, concurrency=4, kills=False) as trial:
        tried(trial, seed(pytestconfig), 1, FEW, capsys)


@pytest.mark.chaos
@pytest.mark.long
def test_a_thousand_canvases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config
) -> None:
    """Whole workers are killed too, and their messages delivered again; and the records' server
    pauses."""
    with Trial(tmp_path, workers=2, concurrency=3, kills=True) as trial:
        tried(trial, seed(pytestconfig), ROUNDS, MANY, capsys)
    assert trial.killed["worker"]
    assert trial.pauses
