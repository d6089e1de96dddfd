"""Celery's own integration suite, bare and with every app tracked: `make celery-suite`.

The suite (t/integration) is that of the source distribution of the Celery that is installed; it
runs on Redis as broker and result backend. Left out are `LEFT_OUT`. A test that fails is tried
again, up to three times in all. Wrong is

- a test that fails with `install(app, track="all")` three times and passes bare, and
- a record that has ended in another way than Celery's result.

Bare is run what fails with install. `--quick` runs a part that takes a
minute or two, as each run of the project's own tests does; `-n PROCESSES` is pytest's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tests.sdist import unpacked

ROOT = Path(__file__).resolve().parents[2]
TRIES = 3
#: Files that are left out, and why.
LEFT_OUT = {
    "test_backend.py": "needs a cloud provider's SDK",
    "test_backend_leak_in_fixture_teardown.py": "measures the memory of the fixtures",
    "test_events_state_memory_leak.py": "measures the memory of Celery's monitor",
    "test_mem_leak_in_exception_handling.py": "measures the memory of Celery's tracebacks",
}
#: What `--quick` runs: canvases of each shape, without those of a thousand members, or of waits.
QUICK = (
    "(test_chain or test_group or test_generator)"
    " and not (large or errback or counting or callbacks)"
)


@dataclass
class Outcome:
    """What the processes of one pytest run, and of its later tries, reported."""

    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    compared: int = 0
    contradictions: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def suite() -> Path:
    """The folder of the suite, fetched if it is not there."""
    return unpacked("celery", "t", "pyproject.toml")


def environment(reports: str, *, tracked: bool) -> dict[str, str]:
    others = ("PROGRESS_", "CELERY_", "PYTEST_")  # it may be started by a test
    env = {name: v for name, v in os.environ.items() if not name.startswith(others)}
    site = [str(Path(__file__).parent / "site")] if tracked else []
    return {
        **env,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join([*site, str(ROOT)]),
        "PROGRESS_SUITE_REPORTS": reports,
    }


def run(what: Iterable[str], options: Sequence[str], *, tracked: bool, processes: int) -> Outcome:
    """One run of pytest over these tests."""
    command = [sys.executable, "-m", "pytest", *what, *options, "-q", "--tb=short"]
    command += ["-p", "no:cacheprovider", "-p", "no:progress_backend"]
    command += ["-p", "tests.celery_suite.plugin", "-n", str(processes), "-W", "ignore"]
    command += [f"--ignore=t/integration/{name}" for name in LEFT_OUT]
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as reports:
        subprocess.run(command, cwd=suite(), env=environment(reports, tracked=tracked), check=False)
        for report in Path(reports).glob("*.json"):
            found = json.loads(report.read_text())
            for nodeid, how in found["outcomes"].items():
                (outcome.failed if how == "failed" else outcome.passed).add(nodeid)
            outcome.compared += found["compared"]
            outcome.contradictions += found["contradictions"]
            outcome.open += found["open"]
    if not outcome.passed and not outcome.failed:
        sys.exit("celery-suite: no test has run")
    return outcome


def run_three_times(
    what: Iterable[str], options: Sequence[str], *, tracked: bool, processes: int
) -> Outcome:
    """These tests, and what fails again, one test at a time."""
    kind = "with install" if tracked else "bare"
    print(f"== Celery {version('celery')}, {kind}", flush=True)
    outcome = run(what, options, tracked=tracked, processes=processes)
    for number in range(2, TRIES + 1):
        if not outcome.failed:
            break
        print(f"== {kind}: {len(outcome.failed)} failed, try {number}", flush=True)
        again = run(sorted(outcome.failed), (), tracked=tracked, processes=1)
        outcome.failed -= again.passed
        outcome.passed |= again.passed
        outcome.compared += again.compared
        outcome.contradictions += again.contradictions
        outcome.open += again.open
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="make celery-suite")
    parser.add_argument("--quick", action="store_true", help="a part of it")
    parser.add_argument("-n", type=int, default=4, metavar="PROCESSES", help="pytest's")
    asked = parser.parse_args()
    options = ["-k", QUICK] if asked.quick else []
    for name, reason in LEFT_OUT.items():
        print(f"left out: {name} {reason}")
    tracked = run_three_times(["t/integration"], options, tracked=True, processes=asked.n)
    wrong = tracked.failed
    if wrong:
        bare = run_three_times(sorted(wrong), (), tracked=False, processes=1)
        for nodeid in sorted(bare.failed):
            print(f"fails bare as well: {nodeid}")
        wrong &= bare.passed
    print(f"== {len(tracked.passed)} tests passed with install, {len(tracked.failed)} failed")
    print(f"== {tracked.compared} results compared with their records, {len(tracked.open)} open")
    for line in tracked.open:
        print(f"open: {line}")
    for line in tracked.contradictions:
        print(f"CONTRADICTION: {line}")
    for nodeid in sorted(wrong):
        print(f"FAILS WITH INSTALL ALONE: {nodeid}")
    return int(bool(wrong or tracked.contradictions))


if __name__ == "__main__":
    sys.exit(main())
