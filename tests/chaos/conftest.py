"""The long storm is for `make chaos` alone."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is marked chaos in this folder unless -m speaks of it."""
    if "chaos" in (config.option.markexpr or ""):
        return
    here = Path(__file__).parent
    long = [i for i in items if here in i.path.parents and i.get_closest_marker("chaos")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
