"""The Python reference: every public name stands in it, and what it says of them can be so."""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import SimpleNamespace
from typing import Any

import pytest

import progress_backend
from docs import make_python
from docs.docstrings import read
from docs.make_python import SECTIONS, Entry, entries
from docs.signatures import has_init, parameters
from progress_backend import embedded, errors
from progress_backend.tracking.decorator import Marking
from progress_backend.tracking.identity import identity_of
from tests.docs.reading import text_of

PAGE = "docs/python-reference.md"
PUBLIC = {package for package, _ in SECTIONS.values()}
#: Packages whose names are used in another way than by an import.
COMMANDS = {"progress_backend.cli"}


def listing() -> Iterator[str]:
    """The modules of the library that have a list of their names."""
    root = progress_backend.__path__
    for found in pkgutil.walk_packages(root, "progress_backend."):
        if hasattr(importlib.import_module(found.name), "__all__"):
            yield found.name


def everything() -> list[Entry]:
    return [entry for block in SECTIONS for entry in entries(block)]


def documented() -> Iterator[tuple[str, Any, Any]]:
    """Each function, method and constructor: its name, what has its docstring, what is called."""
    for entry in everything():
        if entry.is_function:
            yield entry.name, entry.documented, entry.documented
        elif entry.is_class and not issubclass(entry.value, BaseException):
            if has_init(entry.value) and not is_dataclass(entry.value):
                yield entry.name, entry.value.__init__, entry.value
            for name, member in make_python.members(entry.value):
                called = getattr(member, "__func__", member)
                yield f"{entry.name}.{name}", member, called


CALLS = list(documented())
CALLED = pytest.mark.parametrize(
    ("said", "called"), [each[1:] for each in CALLS], ids=[each[0] for each in CALLS]
)


def test_every_module_with_a_list_is_public_or_has_its_reason() -> None:
    assert {"progress_backend", *listing()} == PUBLIC | COMMANDS


@pytest.mark.parametrize("package", sorted(PUBLIC))
def test_every_public_name_stands_there(package: str) -> None:
    shown = set(re.findall(r"^### (\w+)$", text_of(PAGE), re.MULTILINE))
    assert set(importlib.import_module(package).__all__) <= shown


@CALLED
def test_each_argument_has_its_meaning_and_no_other(said: Any, called: Any) -> None:
    args = [name for name, _ in read(said).args]
    known = [] if isinstance(called, property) else list(parameters(called))
    # A pytest fixture's arguments are other fixtures.
    if not any(called is e.documented for e in everything() if e.is_fixture):
        assert args == known


@CALLED
def test_each_error_exists_and_has_its_reason(said: Any, called: Any) -> None:
    for error, reason in read(said).raises:
        name = error.partition(" ")[0]
        places = (progress_backend, errors, embedded, builtins)
        found = [getattr(place, name) for place in places if hasattr(place, name)]
        assert found, name
        assert issubclass(found[0], BaseException)
        assert len(reason.split()) > 2, f"{name}: {reason}"


GIVEN = {
    "task_type": "bulk_import",
    "symbol": "7203.T",
    "total_items": 252,
    "metadata": {"period": "1y"},
}


def test_the_keys_of_the_header_are_those_that_count() -> None:
    printed = text_of(PAGE).partition("<!-- begin python-header -->")[2].partition("<!-- end")[0]
    keys = re.findall(r"`([a-z_]+)`(?: \||,|$)", printed, re.MULTILINE)
    assert set(GIVEN) <= set(keys)
    task = SimpleNamespace(run=lambda: None, name="shop.tasks.fetch")
    message = {"progress": {**GIVEN, "results": False, "page": 3}}
    identity = identity_of(task, task.name, Marking(), (), {}, message)
    assert {key: getattr(identity, key) for key in GIVEN} == GIVEN
    assert identity.keeps_results  # which is no key
