"""Three tiers of tests, of `make test`, `make test-all` and `make chaos`. Without `--tier` pytest
runs all tests that it is given, but those of `make chaos` alone."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

#: Marks of tests that `make test` leaves to `make test-all`: what they need is not everywhere, or
#: takes its time.
WIDE: Final = ("integration", "slow", "browser", "docker", "wide")
#: Marks of tests that `make chaos` runs alone: each rule of theirs is proved once elsewhere.
LONG: Final = ("long",)
_LEFT = pytest.StashKey[dict[str, int]]()


def add_option(parser: pytest.Parser) -> None:
    """Adds `--tier`."""
    parser.addoption(
        "--tier",
        choices=("quick", "all", "rest", "chaos"),
        help="the tests of make test (quick), of make test-all (all), what that adds (rest), or of"
        " make chaos",
    )


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects the tests of other tiers."""
    tier = config.option.tier
    chosen, left = [], Counter[str]()
    for item in items:
        its = _tier_of(item)
        if _runs(tier, its, item):
            chosen.append(item)
        else:
            left[its] += 1
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    config.stash[_LEFT] = left


def _tier_of(item: pytest.Item) -> str:
    if any(map(item.get_closest_marker, LONG)):
        return "chaos"
    return "wide" if any(map(item.get_closest_marker, WIDE)) else "quick"


def _runs(tier: str | None, its: str, item: pytest.Item) -> bool:
    if tier == "chaos":
        return its == "chaos" or item.get_closest_marker("chaos") is not None
    if its == "chaos":
        return False
    return {"quick": its == "quick", "rest": its == "wide"}.get(tier or "all", True)


class Summary:
    """The plugin that says at the end of a run what the other tiers would add."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._left: dict[str, int] = {}

    def pytest_testnodedown(self, node: object) -> None:
        """Takes what a process of xdist has left out; each has left out the same."""
        self._left = getattr(node, "workeroutput", {}).get("tiers", self._left)

    def pytest_sessionfinish(self) -> None:
        left = dict(self._config.stash.get(_LEFT, {}))
        if (output := getattr(self._config, "workeroutput", None)) is not None:
            output["tiers"] = left
        self._left = self._left or left

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        wide, chaos = self._left.get("wide", 0), self._left.get("chaos", 0)
        if self._config.option.tier == "quick":
            terminalreporter.write_line(
                f"make test-all adds {wide:,} tests: real workers with real kills, browsers, the"
                " documents, Cluster, Sentinel, RabbitMQ;"
                f" make chaos {chaos:,}: each of it on each driver, storms, a thousand kills"
            )
