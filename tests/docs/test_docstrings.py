"""Public names are in the Python reference, and their docstrings name arguments and errors."""

import builtins
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import FunctionType, SimpleNamespace
from typing import Any, get_overloads

import pytest

import progress_backend
import progress_backend.web
from progress_backend import embedded, errors
from progress_backend.tracking.decorator import Marking
from progress_backend.tracking.identity import CHECKS, identity_of
from tests.docs.reading import text_of
from tests.servers import NOT_HERE

PAGE = text_of("docs/python-reference.md")
SHOWN = re.findall(
    r"^::: ([\w.]+)\n(?:    options:\n      members: \[(.*)\]\n)?", PAGE, re.MULTILINE
)
PUBLIC = {package for package, _ in SHOWN}
#: Packages with names that are used in another way than by an import.
COMMANDS = {"progress_backend.cli"}
#: Public by their names alone: they take and return what only the library's own modules make.
INSIDE = {"apply", "flows", "run"}


def listing() -> Iterator[str]:
    """The modules of the library that have a list of their names."""
    for found in pkgutil.walk_packages(progress_backend.__path__, "progress_backend."):
        if found.name not in NOT_HERE and hasattr(importlib.import_module(found.name), "__all__"):
            yield found.name


def shown(package: str) -> set[str]:
    """The names of a package that the page shows."""
    names = {name for of, members in SHOWN if of == package for name in members.split(", ")}
    return set(importlib.import_module(package).__all__) if names == {""} else names


def documented() -> Iterator[tuple[str, Any, Any]]:
    """Each function, method and constructor: its name, what has its docstring, what is called."""
    for package in sorted(PUBLIC):
        for name in sorted(shown(package)):
            value = getattr(importlib.import_module(package), name)
            if inspect.isfunction(value):
                yield name, value, value
            elif inspect.isclass(value) and not issubclass(value, BaseException):
                made = value.__init__
                if inspect.isfunction(made) and _ours(made) and not is_dataclass(value):
                    yield name, made, value
                for member, called in _members(value):
                    yield f"{name}.{member}", called, called


def _ours(value: Any) -> bool:
    return str(value.__module__).startswith("progress_backend")


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    for one in cls.__mro__:
        for name, member in vars(one).items() if _ours(one) else ():
            if not name.startswith("_") and name not in INSIDE:
                called = getattr(member, "__func__", member)
                if isinstance(called, FunctionType | property):
                    yield name, called


def parameters(called: Any) -> list[str]:
    """The parameters of a function, or of a class's constructor, without `self`."""
    if isinstance(called, property):
        return []
    made = vars(called).get("__new__") if inspect.isclass(called) else None
    signed = get_overloads(made.__func__) if isinstance(made, staticmethod) else []
    found: dict[str, None] = {}
    for each in signed or get_overloads(called) or [called]:
        names = list(inspect.signature(each).parameters)
        found.update(dict.fromkeys(name for name in names if name not in ("self", "cls")))
    return list(found)


def items(documented: Any, section: str) -> list[tuple[str, str]]:
    """What a section of a docstring names, and what it says of it."""
    text = (inspect.getdoc(documented) or "").partition(f"\n{section}:\n")[2]
    lines = re.split(r"\n(?=\S)", text)[0]
    return re.findall(r"^    (\S[^:]*): ((?:.*(?:\n     .*)*))", lines, re.MULTILINE)


CALLS = list(documented())
CALLED = pytest.mark.parametrize(
    ("written", "called"), [each[1:] for each in CALLS], ids=[each[0] for each in CALLS]
)


def test_every_module_with_a_list_is_public_or_has_its_reason() -> None:
    assert {"progress_backend", *listing()} == PUBLIC | COMMANDS


@pytest.mark.parametrize("package", sorted(PUBLIC))
def test_every_public_name_stands_there(package: str) -> None:
    assert set(importlib.import_module(package).__all__) == shown(package)


@CALLED
def test_each_argument_has_its_meaning_and_no_other(written: Any, called: Any) -> None:
    assert inspect.getdoc(written)
    assert [name.partition(" ")[0] for name, _ in items(written, "Args")] == parameters(called)


@CALLED
def test_each_error_exists_and_has_its_reason(written: Any, called: Any) -> None:
    for error, reason in items(written, "Raises"):
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
    listed = PAGE.partition("Its keys are")[2].partition(".")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == {*CHECKS, "workflow"}
    task = SimpleNamespace(run=lambda: None, name="shop.tasks.fetch")
    message = {"progress": {**GIVEN, "results": False, "page": 3}}
    identity = identity_of(task, task.name, Marking(), (), {}, message)
    assert {key: getattr(identity, key) for key in GIVEN} == GIVEN
    assert identity.keeps_results  # which is no key
