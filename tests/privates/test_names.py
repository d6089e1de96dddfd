"""Each private name of another library that the code touches is listed, and is there."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.privates.names import LIBRARIES
from tests.servers import NOT_HERE, ROOT

LIBRARY = ROOT / "progress_backend"
#: Of the standard library, documented under a name that begins so.
STANDARD = frozenset({"_asdict", "_exit", "_fields", "_make", "_replace", "_getframe"})
#: Calls that take a name as text.
BY_TEXT = frozenset({"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller"})


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
    found = set(touched(LIBRARY))
    for path in LIBRARY.rglob("*.py"):
        if path.stem != "__main__":
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if dotted not in NOT_HERE:
                module = importlib.import_module(dotted.removesuffix(".__init__"))
                found |= {*overridden(module, path)}
    assert sorted(found - listed) == []


def touched(folder: Path) -> Iterator[str]:
    """The private names in a folder's code that are not its own."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    own = {name for tree in trees for name in defined(tree)}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                names = [node.attr]
                if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "super":
                    yield from filter(is_private, names)  # ours overrides it
                    continue
            elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in BY_TEXT:
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                yield from (each for each in texts if isinstance(each, str) and is_private(each))
                continue
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
    return name.startswith("_") and not name.startswith("__") and name != "_"


def overridden(module: ModuleType, path: Path) -> Iterator[str]:
    """Private names that a module's classes set, though another library's class, behind one, has
    them too."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ClassDef):
            continue
        names = set(filter(is_private, assigned(node)))
        for base in getattr(module, node.name).__mro__[1:] if names else ():
            if base.__module__.split(".")[0] not in {LIBRARY.name, *sys.stdlib_module_names}:
                yield from (name for name in names if has(base, name))


def assigned(tree: ast.AST) -> Iterator[str]:
    """Names of functions, variables and attributes that the code sets."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def has(base: type, name: str) -> bool:
    """Whether a class has an attribute of this name, or sets it on its instances."""
    codes = (getattr(each, "__code__", None) for each in vars(base).values())
    return name in vars(base) or any(code and name in code.co_names for code in codes)


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
        "    def _over(self):\n        super()._over()\n        getattr(self, '_text', 'no')\n"
    )
    assert sorted(touched(tmp_path)) == ["_other", "_over", "_set", "_text", "_theirs", "thing"]


def test_a_name_that_is_overridden_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = "class Theirs:\n    _named = 1\n    def __init__(self):\n        self._set = 1\n"
    (tmp_path / "theirs.py").write_text(f"{theirs}    def _called(self): ...\n")
    (tmp_path / "ours.py").write_text(
        "from theirs import Theirs\nclass Ours(Theirs):\n    _named = _own = 2\n"
        "    def _called(self):\n        self._set = self._mine = 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = overridden(importlib.import_module("ours"), tmp_path / "ours.py")
    assert set(found) == {"_called", "_named", "_set"}
