"""The benchmarks run; how fast anything is, only `make bench` says."""

import subprocess
import sys

import pytest

from tests.benchmarks import walks
from tests.servers import ROOT


def bench(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.wide
def test_a_quick_run_prints_its_rows_and_ends_well() -> None:
    ran = bench("--quick", "written_value")
    assert ran.returncode == 0, ran.stderr
    assert "one written progress value" in ran.stdout
    assert "wanted ≤ 0.5× (0.35×)" in ran.stdout


@pytest.mark.wide
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no clone: there is no other commit")
def test_this_tree_is_measured_beside_another_commits() -> None:
    ran = bench("--quick", "against", "HEAD", "scripts")
    assert ran.returncode == 0, ran.stderr
    for row in ("create, the scripts' µs", "bytes a record after its complete", "2 rounds in turn"):
        assert row in ran.stdout


def test_a_jobs_events_take_few_calls(redis_url: str) -> None:
    most = {walks.VALUE: 51, walks.PUBLISH: 54, walks.MEMBER: 75, walks.TASK: 374}
    calls = {name: walk.calls for name, walk in walks.of_jobs(redis_url.rpartition("/")[0]).items()}
    assert {name: number for name, number in calls.items() if number > most[name]} == {}
