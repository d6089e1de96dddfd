"""Reads the library's imports and says which of them break its floors.

Data and imports go one way: a module imports from its own floor or a lower one, and no circle
closes. The lower three floors are pure: what they need to know arrives as an argument.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "progress_backend"

# From the ground up. A package such as web stands here once, for all of its modules.
# fmt: off
FLOORS: dict[str, tuple[str, ...]] = {
    "words": (
        "addresses", "catalogue", "errors", "events", "json_text", "keys", "local_time", "model",
        "settings",
    ),
    "rules": (
        "captured", "checked", "estimate", "failures", "forecast", "redelivery", "requested",
        "shown", "steps", "transition", "update", "wire",
    ),
    "plan": ("commands", "facets", "flows", "layout", "paging", "reaping", "record", "together"),
    "edges": (
        "after_cancel", "async_exchange", "async_notifier", "batch_timer", "batches", "body",
        "bounded_connection", "breaker", "cleanup", "cluster_subscription", "connection",
        "counting", "daemon", "deadline", "embedded", "exchange", "feed", "grouping", "heartbeat",
        "hub", "interface", "joined", "judge", "lane", "lease", "listener", "main_process",
        "marking", "memory", "message", "mirror", "notification", "notifier", "outage", "outbox",
        "planned", "publishing", "rates", "redis_errors", "remote_markings", "replacing",
        "replies", "requests", "resp", "result_backend", "run", "scripts", "sender", "service",
        "signals", "store", "stored_success", "subscription", "task_body", "tracker", "tracking",
        "values", "watches", "writer",
    ),
    "doors": ("cli", "terminal", "testing", "web"),
    "roof": ("__init__",),
}
# fmt: on
PURE = ("words", "rules", "plan")
# fmt: off
IMPURE = frozenset({
    "amqp", "asyncio", "billiard", "celery", "fastapi", "flower", "gevent", "httpx", "io", "kombu",
    "logging", "multiprocessing", "os", "pathlib", "random", "redis", "secrets", "select",
    "signal", "socket", "sqlalchemy", "starlette", "subprocess", "sys", "tempfile", "threading",
    "time", "uuid", "uvicorn", "warnings",
})
# fmt: on
CLOCKS = frozenset(["now", "today", "utcnow"])
STRANGERS = frozenset(["api", "tests", "workers"])


@dataclass
class Module:
    """One file of the package, and what it says."""

    name: str
    path: Path
    tree: ast.Module
    inside: set[str] = field(default_factory=set)
    """Modules of this package that it imports, function-level imports included."""
    outside: set[str] = field(default_factory=set)
    """Top-level names of all else that it imports."""

    @property
    def part(self) -> str:
        """The name that stands in FLOORS."""
        return self.name.split(".")[0]


def read(package: Path) -> dict[str, Module]:
    """All modules of the package in this folder; ``web/__init__.py`` is ``web``."""
    modules: dict[str, Module] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        modules[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    for module in modules.values():
        for target in _imports(module, package):
            top, _, rest = target.partition(".")
            if top == PACKAGE:
                module.inside.add(_known(rest, modules))
            else:
                module.outside.add(top)
        module.inside.discard(module.name)
    return modules


def problems(package: Path) -> list[str]:
    """Every broken rule, one line each, with what to do."""
    modules = read(package)
    found = [line for module in modules.values() for line in _of_module(module)]
    if circle := _circle(modules):
        found.append(f"imports in a circle: {' -> '.join(circle)}")
    return found + _keys(modules, package)


def _of_module(module: Module) -> Iterator[str]:
    height = {part: number for number, parts in enumerate(FLOORS.values()) for part in parts}
    floor = next((name for name, parts in FLOORS.items() if module.part in parts), None)
    if floor is None:
        yield f"{module.name}: stands on no floor; give it one in FLOORS of {Path(__file__).name}"
        return
    for name in sorted(module.inside):
        other = name.split(".")[0]
        if height.get(other, -1) > height[module.part]:
            yield f"{module.name} imports {name}: that is upward"
    for stranger in sorted(module.outside & STRANGERS):
        yield f"{module.name} imports {stranger}: the library knows nothing of it"
    if floor in PURE:
        for name in sorted(module.outside & IMPURE):
            yield f"{module.name} imports {name}: {floor} are pure, take the value as an argument"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CLOCKS:
                yield f"{module.name}:{node.lineno} reads a clock: take now as an argument"


def _imports(module: Module, package: Path) -> Iterator[str]:
    """The dotted name of each import, relative ones resolved."""
    here = (PACKAGE, *module.path.relative_to(package).parent.parts)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            start = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                yield f"{start}.{alias.name}"


def _known(dotted: str, modules: dict[str, Module]) -> str:
    """The module that this name is, or is in: ``model.Task`` -> ``model``."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        if (name := ".".join(parts[:end])) in modules:
            return name
    return "__init__"


def _circle(modules: dict[str, Module]) -> list[str] | None:
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        for other in sorted(modules[name].inside & modules.keys()):
            if found := visit(other, [*path, name]):
                return found
        done.add(name)
        return None

    return next((found for name in sorted(modules) if (found := visit(name, []))), None)


def _keys(modules: dict[str, Module], package: Path) -> list[str]:
    """Key and channel names, as keys.py spells them, that stand somewhere else too."""
    if "keys" not in modules:
        return []
    names = {
        text.rstrip("*")
        for _, text in _texts(modules["keys"].tree)
        if re.fullmatch(r"[a-z]+([_:][a-z]*)+\*?", text)
    }

    def spells(text: str) -> bool:
        return any(text.startswith(n) and not text[len(n) :].startswith(" ") for n in names)

    found = [
        f"{module.name}:{line} spells a key ({text!r}): that is for keys.py"
        for module in modules.values()
        if module.name != "keys"
        for line, text in _texts(module.tree)
        if spells(text)
    ]
    for path in sorted(package.rglob("*.lua")):
        code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        quoted = re.findall(r"'([^'\n]*)'|\"([^\"\n]*)\"", code)
        found += [
            f"{path.name} spells a key ({text!r}): pass it in KEYS or ARGV"
            for text in map("".join, quoted)
            if spells(text)
        ]
    return found


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string constant but docstrings, the fixed parts of f-strings included."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value
