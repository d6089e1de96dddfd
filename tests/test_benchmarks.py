"""The benchmarks run; how fast anything is, only `make bench` says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.plots import draw
from tests.benchmarks.registry import MODULES
from tests.benchmarks.report import markdown
from tests.benchmarks.row import Row
from tests.servers import ROOT


def bench(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_quick_run_prints_its_rows_and_ends_well() -> None:
    ran = bench("--quick", "track_loop", "update_call")
    assert ran.returncode == 0, ran.stderr
    assert "track(iterable)" in ran.stdout
    assert "wanted ≤ 0.45× (0.36×)" in ran.stdout


def test_an_unknown_row_is_refused_with_the_known_ones() -> None:
    ran = bench("no_such_row")
    assert ran.returncode == 2
    assert MODULES[0] in ran.stderr


@pytest.mark.parametrize(
    ("ratio", "more", "verdict", "shown"),
    [
        (0.3001, False, "MISSED", "0.301×"),
        (0.2999, False, "ok", "0.300×"),
        (0.2, False, "stretch", "0.200×"),
        (0.2999, True, "MISSED", "0.299×"),
        (0.3001, True, "ok", "0.300×"),
    ],
)
def test_a_verdict_follows_the_figure_as_seen(
    ratio: float, more: bool, verdict: str, shown: str
) -> None:
    stretch = 0.4 if more else 0.2
    row = Row("a row", "µs", {"ours": 1.0}, "peer", ratio, 0.3, stretch, more)
    assert row.verdict == verdict
    assert f"{shown} peer" in markdown([row], [])


def test_rows_that_are_points_of_a_curve_are_drawn(tmp_path: Path) -> None:
    def point(size: int, *, ours: float) -> Row:
        figures = {"ours": ours, "limit": 1.0}
        return Row("a row", "ms", figures, "limit", ours, 1.4, plot=("list", size))

    rows = [point(10**power, ours=1.0 + power / 10) for power in (3, 4, 5, 6)]
    (picture,) = draw([Row("no point", "ms", {"ours": 1.0}, "ours", 1.0, 1.0), *rows], tmp_path)
    drawn = picture.read_text(encoding="utf-8")
    for said in ("GET list of 20", "tasks in the store", "ours", "limit", "1,000,000"):
        assert said in drawn
    draw(rows, tmp_path)
    assert picture.read_text(encoding="utf-8") == drawn
