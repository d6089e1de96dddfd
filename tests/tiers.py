"""Three tiers of tests, of `make test`, `make test-all` and `make chaos`. Without `--tier` pytest
runs all tests that it is given, but those of `make chaos` alone."""

from pathlib import Path
from typing import Final

import hypothesis
import pytest

#: Marks of tests that `make test` leaves to `make test-all`: what they need is not everywhere, or
#: takes its time.
WIDE: Final = ("integration", "slow", "browser", "docker", "wide")
#: Marks of tests that `make chaos` runs alone: each rule of theirs is proved once elsewhere.
LONG: Final = ("long",)
#: Folders that hold no other test: their modules are not imported for `make test`.
WIDE_FOLDERS: Final = frozenset(
    ("browser", "celery_suite", "cluster", "integration", "nodes", "outages", "rabbitmq", "tls")
)

#: Folders with real workers, servers or sockets alone: their tests are `integration`.
INTEGRATION: Final = frozenset(
    ("celery_suite", "django", "integration", "outages", "rabbitmq", "tls")
)


def add_option(parser: pytest.Parser) -> None:
    """Adds `--tier`."""
    parser.addoption(
        "--tier",
        choices=("quick", "all", "rest", "chaos"),
        help="the tests of make test (quick), of make test-all (all), what that adds (rest), or of"
        " make chaos",
    )


def ignores(config: pytest.Config, folder: Path) -> bool:
    """Whether a folder has no test of the tier."""
    return config.option.tier == "quick" and folder.name in WIDE_FOLDERS


def load_examples(config: pytest.Config) -> None:
    """Hypothesis' settings of the tier: `make test` tries a quarter of the examples."""
    hypothesis.settings.register_profile(
        "tests",
        # A busy machine is no failure of the code: what is slow is measured by the benchmarks.
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        # Every run tries the same examples: what fails fails at once, not some day. `make chaos`
        # looks for others.
        derandomize=config.option.tier != "chaos",
        max_examples=25 if config.option.tier == "quick" else 100,
    )
    hypothesis.settings.load_profile("tests")


def examples(full: int) -> int:
    """The tier's share of the examples that a test tries where all are tried."""
    return max(1, full * hypothesis.settings.default.max_examples // 100)


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks the tests of whole folders, and deselects those of other tiers."""
    for item in items:
        if item.path.parent.name in INTEGRATION:
            item.add_marker(pytest.mark.integration)
    chosen = [item for item in items if _runs(config.option.tier, _tier_of(item), item)]
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=list(set(items).difference(chosen)))
        items[:] = chosen


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
    """The plugin that says at the end of `make test` what the other tiers would add."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._config.option.tier == "quick":
            terminalreporter.write_line(
                "make test-all adds real workers with real kills, browsers, the documents, Cluster,"
                " Sentinel, RabbitMQ; make chaos adds all of it on each driver, storms, a thousand"
                " kills"
            )
