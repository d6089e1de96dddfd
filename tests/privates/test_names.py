"""Each private name of another library that the code touches is listed, and is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.privates.names import LIBRARIES
from tests.servers import ROOT

LIBRARY = ROOT / "progress_backend"
#: Of the standard library, documented under a name that begins so.
STANDARD = frozenset({"_exit", "_fields", "_replace", "_getframe"})


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_touched_is_there(library: str) -> None:
    for private in LIBRARIES[library]:
        assert private.why
        try:
            found = private.found()
        except (ImportError, AttributeError, AssertionError, TypeError) as error:
            pytest.fail(f"{library} has no {private.name} any more ({error}): {private.why}")
        assert found is not None, private.name


def test_what_is_touched_is_listed() -> None:
    listed = {private.name for privates in LIBRARIES.values() for private in privates}
    assert sorted(set(touched(LIBRARY)) - listed) == []


def touched(folder: Path) -> Iterator[str]:
    """The private names in a folder's code that are not its own."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    own = {name for tree in trees for name in defined(tree)}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                names = [node.attr]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                module = node.module or ""
                private = [part for part in module.split(".") if is_private(part)]
                names = [alias.name for alias in node.names if private or is_private(alias.name)]
                yield from names
                continue
            else:
                continue
            yield from (n for n in names if is_private(n) and n not in own | STANDARD)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def defined(tree: ast.Module) -> Iterator[str]:
    """Names of functions, classes, variables and attributes that the code sets itself."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_another_one_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "from lib._inner import thing\nfrom lib import _other\nimport os\n"
        "class A:\n    def __init__(self):\n        self._own = lib.x._theirs\n"
        "    def f(self, lib):\n        os._exit(self._own)\n        lib._set = 1\n"
    )
    assert sorted(touched(tmp_path)) == ["_other", "_set", "_theirs", "thing"]
