"""What holds of every store holds on a real Cluster: the tests of tests/behaviour that take a
`driver`."""

from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from progress_backend.settings import Settings
from tests import behaviour
from tests.behaviour.driving import Driver, over
from tests.behaviour.test_acts import bases as bases  # noqa: PLC0414 - a fixture of its tests

# Each rule is proved once on one server; test_each_call asks a Cluster for all that a store does.
pytestmark = pytest.mark.long


@pytest.fixture
def driver(settings: Settings) -> Iterator[Driver]:
    """In the place of the suite's own."""
    with over("async", settings) as driver:
        yield driver


def of_every_store() -> Iterator[tuple[str, Any]]:
    """The tests, each under a name of its own; without hundreds of values of another program."""
    for path in sorted(Path(*behaviour.__path__).glob("test_*.py")):
        module = import_module(f"{behaviour.__name__}.{path.stem}")
        for name, test in vars(module).items():
            if not name.startswith("test_") or path.stem == "test_foreign":
                continue
            marks = (mark.args[0] for mark in getattr(test, "pytestmark", ()) if mark.args)
            # One that names its stores is about these.
            if "driver" in signature(test).parameters and "driver" not in marks:
                yield f"{name}__{path.stem.removeprefix('test_')}", test


globals().update(of_every_store())
