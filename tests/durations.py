"""How long the tests and fixtures of a run took: those of half a second and more are kept in
`.durations.json`, and `python -m tests.durations` sums them by folder."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

ROOT: Final = Path(__file__).parents[1]
FILE: Final = ROOT / ".durations.json"
#: Shorter ones are summed by folder alone, in seconds.
LEAST_S: Final = 0.5
_FIXTURES = "progress_fixtures"


class Durations:
    """The pytest plugin: each process times its fixtures, the first one keeps what all took."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._began = time.monotonic()
        self._tests: dict[str, float] = defaultdict(float)
        self._fixtures: list[tuple[str, float]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """Times a fixture; without those that it asks for, which are set up before it."""
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            took_s = time.perf_counter() - began
            if took_s >= LEAST_S:
                self._fixtures.append((f"{fixturedef.baseid}::{fixturedef.argname}", took_s))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._tests[report.nodeid] += report.duration

    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Takes the fixtures that a process of xdist has timed."""
        output: dict[str, Any] = getattr(node, "workeroutput", {})
        self._fixtures += [(name, took_s) for name, took_s in output.get(_FIXTURES, ())]

    def pytest_sessionfinish(self) -> None:
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_FIXTURES] = self._fixtures
        elif self._tests:
            FILE.write_text(json.dumps(self._kept(), indent=1) + "\n")

    def _kept(self) -> dict[str, Any]:
        folders: dict[str, float] = defaultdict(float)
        for name, took_s in self._tests.items():
            folders[folder_of(name)] += took_s
        return {
            "wall_s": round(time.monotonic() - self._began, 1),
            "tests": len(self._tests),
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "folders": _longest_first(folders.items()),
            "slow_tests": _longest_first(i for i in self._tests.items() if i[1] >= LEAST_S),
            "slow_fixtures": _longest_first(self._fixtures),
        }


def _longest_first(named: Any) -> list[tuple[str, float]]:
    return sorted(((name, round(s, 2)) for name, s in named), key=lambda each: -each[1])


def folder_of(name: str) -> str:
    """The folder of a test's id, of those in `tests/`; its file where it is in none."""
    parts = name.split("::", maxsplit=1)[0].split("/")
    return parts[1] if len(parts) > 1 else parts[0]


def table(kept: dict[str, Any]) -> str:
    """The run's times as Markdown, a row a folder."""
    slow: dict[str, list[float]] = defaultdict(list)
    for name, took_s in kept["slow_tests"]:
        slow[folder_of(name)].append(took_s)
    rows = ["| folder | minutes | of tests of ≥ 0.5 s | those |", "| --- | --- | --- | --- |"]
    for folder, took_s in kept["folders"]:
        its = slow[folder]
        rows.append(f"| {folder} | {took_s / 60:.2f} | {sum(its) / 60:.2f} | {len(its)} |")
    summary = (
        f"{kept['tests']} tests, {kept['wall_s'] / 60:.1f} minutes, "
        f"{kept['cores']} cores, load {kept['load']} at the end"
    )
    return "\n".join((summary, "", *rows))


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else FILE).read_text())))
