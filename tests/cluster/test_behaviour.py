"""What holds of every store holds on a real cluster and behind real sentinels."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import FunctionType

import pytest

from tests import stores
from tests.stores.driving import Driver, over

SUITE = [
    import_module(f"{stores.__name__}.{path.stem}")
    for path in sorted(Path(stores.__path__[0]).glob("test_*.py"))
]

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(params=["sync-cluster", "async-cluster", "sync-sentinel", "async-sentinel"])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """In the place of the suite's own."""
    kind, _, place = request.param.partition("-")
    name = {"cluster": "settings", "sentinel": "settings_of_sentinel"}[place]
    with over(kind, request.getfixturevalue(name)) as driver:
        yield driver


def of_every_store() -> Iterator[tuple[str, FunctionType]]:
    for module in SUITE:
        for name, test in vars(module).items():
            if name.startswith("test_") and "driver" in signature(test).parameters:
                yield f"{name}__{module.__name__.rpartition('test_')[2]}", test


globals().update(of_every_store())
