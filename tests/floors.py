"""Reads the library's imports and says which of them break its floors.

Data and imports go one way: a room (a package, or a module of the root) imports from itself and
from the rooms of lower floors, and no circle closes. Some rooms are pure: what they need to know
arrives as an argument.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "progress_backend"

# From the ground up: each floor and its rooms, which import nothing of one another.
FLOORS: dict[str, tuple[str, ...]] = {
    "words": ("errors", "embedded"),
    "addresses": ("addresses",),
    "record": ("record",),
    "settings": ("settings", "daemon"),
    "credentials": ("credentials",),
    "operations": ("operations",),
    "flows": ("flows",),
    "store": ("store",),
    "stacks": ("stacks",),
    "work": ("live", "runs", "service", "webhooks"),
    "tracking": ("tracking",),
    "jobs": ("jobs",),
    "doors": ("demo_jobs", "django", "terminal", "testing", "tqdm", "web"),
    "agents": ("mcp",),
    "commands": ("cli",),
    "roof": ("__init__", "celery_command"),
}
PURE = frozenset(["addresses", "errors", "flows", "operations", "record", "settings"])
# fmt: off
IMPURE = frozenset({
    "amqp", "asyncio", "billiard", "celery", "fastapi", "flower", "gevent", "httpx", "io", "kombu",
    "logging", "multiprocessing", "os", "pathlib", "random", "redis", "secrets", "select",
    "signal", "socket", "sqlalchemy", "starlette", "subprocess", "sys", "tempfile", "threading",
    "time", "uuid", "uvicorn", "warnings",
})
# fmt: on
KEYS, CALL = "operations.keys", "operations.call"
CLOCKS = frozenset(["now", "today", "utcnow"])
#: The module that starts threads, and how one starts elsewhere.
DAEMON = "daemon"
THREADS = frozenset(
    {"Thread", "ThreadPoolExecutor", "Timer", "start_joinable_thread", "start_new_thread"}
)
FOREIGN = frozenset(["api", "tests", "workers"])
_STORES = frozenset(["flows", "operations", "store"])
#: Rooms that do not know what Redis is asked, and what they do not import: the terminal reads by
#: the public bodies alone, an add-on writes by the calls of a job.
OUTSIDE: dict[str, frozenset[str]] = {
    **dict.fromkeys(("cli", "mcp", "terminal"), _STORES),
    **dict.fromkeys(("django", "tqdm"), _STORES | {"live", "service"}),
}


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
        """The room, as it stands in FLOORS."""
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
    found += [
        f"{module.name} imports {name}, which is not for {module.part}"
        for module in modules.values()
        for name in sorted(module.inside)
        if name.split(".")[0] in OUTSIDE.get(module.part, ())
    ]
    if circle := _circle(modules):
        found.append(f"imports in a circle: {' -> '.join(circle)}")
    typed = [line for module in modules.values() for line in _untyped(module)]
    return found + _keys(modules, package) + [*_not_carried_out(modules), *typed]


def _of_module(module: Module) -> Iterator[str]:
    height = {part: number for number, parts in enumerate(FLOORS.values()) for part in parts}
    if module.part not in height:
        yield f"{module.name}: stands on no floor; give it one in FLOORS of {Path(__file__).name}"
        return
    for name in sorted(module.inside):
        other = name.split(".")[0]
        if height.get(other, -1) > height[module.part]:
            yield f"{module.name} imports {name}: that is upward"
        elif other != module.part and height.get(other) == height[module.part]:
            yield f"{module.name} imports {name}: rooms of one floor know nothing of one another"
    for foreign in sorted(module.outside & FOREIGN):
        yield f"{module.name} imports {foreign}: the library knows nothing of it"
    for node in ast.walk(module.tree) if module.name != DAEMON else ():
        if isinstance(node, ast.Call) and _name(node.func) in THREADS:
            yield f"{module.name}:{node.lineno} starts a thread: {DAEMON}.py blocks its signals"
    if module.part in PURE:
        for name in sorted(module.outside & IMPURE):
            yield f"{module.name} imports {name}: {module.part} is pure, take it as an argument"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CLOCKS:
                yield f"{module.name}:{node.lineno} reads a clock: take now as an argument"


def _name(called: ast.expr) -> str:
    """The last name of what is called: ``threading.Thread`` -> ``Thread``."""
    return str(getattr(called, "attr", getattr(called, "id", "")))


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


def _not_carried_out(modules: dict[str, Module]) -> Iterator[str]:
    """Calls of a store, and flows, that are made as a statement of their own."""
    makers = {
        f"{module.name.rpartition('.')[2]}.{node.name}"
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.returns is not None
        if ast.unparse(node.returns).startswith(("Call[", "Flow["))
    }
    alone = {name.rpartition(".")[2] for name in makers}
    for module in modules.values():
        statements = (node for node in ast.walk(module.tree) if isinstance(node, ast.Expr))
        for made in (node.value for node in statements if isinstance(node.value, ast.Call)):
            name = ast.unparse(made.func)
            known = name in alone and makers & {f"{one}.{name}" for one in _from(module, name)}
            if known or name in makers:
                yield f"{module.name}:{made.lineno} makes {name}(…), which nothing carries out"


def _untyped(module: Module) -> Iterator[str]:
    """Casts, operations with a parameter of any type, and flows that only pass an operation on."""
    if module.part not in ("flows", "operations"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _name(node.func) == "cast" and module.name != CALL:
            yield f"{module.name}:{node.lineno} casts: a Call has the type of its reply"
        if not isinstance(node, ast.FunctionDef) or node.returns is None:
            continue
        given = [ast.unparse(arg.annotation) for arg in node.args.args if arg.annotation]
        returns = ast.unparse(node.returns)
        if returns.startswith("Call[") and any(re.search(r"\bAny\b", each) for each in given):
            yield f"{module.name}.{node.name} takes Any: name the type"
        body = node.body[1:] if ast.get_docstring(node) else node.body
        alone = len(body) == 1 and isinstance(getattr(body[0], "value", None), ast.YieldFrom)
        if returns.startswith("Flow[") and alone:
            yield f"{module.name}.{node.name} passes on what it calls: call that instead"


def _from(module: Module, name: str) -> Iterator[str]:
    """The last names of the modules from which a module imports a name."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and name in (alias.name for alias in node.names):
            yield (node.module or "").rpartition(".")[2]


def _keys(modules: dict[str, Module], package: Path) -> list[str]:
    """Key and channel names, as operations/keys.py spells them, that stand somewhere else too."""
    if KEYS not in modules:
        return []
    names = {
        text.rstrip("*")
        for _, text in _texts(modules[KEYS].tree)
        if re.fullmatch(r"[a-z]+([_:][a-z]*)+\*?", text)
    }

    def spells(text: str) -> bool:
        return any(text.startswith(n) and not text[len(n) :].startswith(" ") for n in names)

    found = [
        f"{module.name}:{line} spells a key ({text!r}): that is for operations/keys.py"
        for module in modules.values()
        if module.name != KEYS
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
