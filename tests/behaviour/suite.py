"""What holds of every store, for suites that run it elsewhere: the tests that take a `driver`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import FunctionType


def of_every_store() -> Iterator[tuple[str, FunctionType]]:
    """The tests, each under a name of its own."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = import_module(f"{__package__}.{path.stem}")
        for name, test in vars(module).items():
            if not name.startswith("test_") or "driver" not in signature(test).parameters:
                continue
            # One that names its stores is about these.
            named = (mark.args[0] for mark in getattr(test, "pytestmark", ()) if mark.args)
            if "driver" not in named:
                yield f"{name}__{path.stem.removeprefix('test_')}", test
