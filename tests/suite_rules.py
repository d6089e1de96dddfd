"""What `make check` refuses in the tests: a second chance for a failed test, a logger that tests do
not see, and a sleep more than `sleeps.json` lists; its numbers may only fall."""

import ast
import json
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SLEEPS: Final = "tests/sleeps.json"
#: A second chance, wherever it is written down.
CHANCES: Final = re.compile(
    r"--reruns|only_rerun|pytest-rerunfailures|--last-failed|--lf\b|lastfailed|\bFEW\b"
)
CHANCE_FILES: Final = ("Makefile", "pyproject.toml", "constraints.txt", ".ci/run")


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong, a line each; empty if nothing is."""
    found = [
        f"{name}: {match[0]} gives failed tests a second chance: mend the test"
        for name in CHANCE_FILES
        if (root / name).exists() and (match := CHANCES.search((root / name).read_text("utf-8")))
    ]
    kept = json.loads((root / SLEEPS).read_text("utf-8"))
    counts = {}
    for path in sorted((root / "tests").rglob("*.py")):
        name = str(path.relative_to(root))
        tree = ast.parse(path.read_text("utf-8"))
        found += [f"{name}:{line} {why}" for line, why in _refused(tree, path.name)]
        # A benchmark measures: what it waits for is not a result.
        if not name.startswith("tests/benchmarks/"):
            counts[name] = sum(map(_sleeps, ast.walk(tree)))
    return found + [
        f"{name}: {counts.get(name, 0)} sleeps where {SLEEPS} has {kept.get(name, 0)}: "
        + ("wait for a condition" if counts.get(name, 0) > kept.get(name, 0) else "lower it")
        for name in sorted({*counts, *kept})
        if counts.get(name, 0) != kept.get(name, 0)
    ]


def _refused(tree: ast.Module, file: str) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("flaky", "repeat"):
            if isinstance(node.value, ast.Attribute) and node.value.attr == "mark":
                found.append((node.lineno, f"mark.{node.attr} gives a test a second chance"))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            lenient = any(
                word.arg == "strict" and getattr(word.value, "value", True) is False
                for word in node.keywords
            )
            if node.func.attr == "xfail" and lenient:
                found.append((node.lineno, "a lenient xfail passes whatever the test does"))
            elif file == "conftest.py" and node.func.attr == "addFilter":
                found.append((node.lineno, "hides log records from tests: end what logs them"))
    return found


def _sleeps(node: ast.AST) -> bool:
    """Whether it is a call that sleeps; `sleep(0)` gives way and waits for nothing."""
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", None))
    return name == "sleep" and not (
        node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
    )
