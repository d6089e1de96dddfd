"""The Python reference, from the signatures and docstrings of the public packages."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import progress_backend
import progress_backend.web  # it has errors of its own
from progress_backend.tracking.identity import CHECKS

from .docstrings import Docstring, Items, field_comments, read
from .signatures import (
    default_of,
    has_init,
    parameters,
    signature,
    signed_functions,
    types_of,
)
from .tables import markdown

ROOT: Final = Path(progress_backend.__file__).parent.parent
#: A block's name -> the package (or module) and those of its names that stand there, in order.
SECTIONS: Final[dict[str, tuple[str, str]]] = {
    "python-celery": (
        "progress_backend",
        "install progress_task ProgressTask ProgressNotifier ProgressLogHandler TaskCancelled "
        "settings_of get_task workflow_status watch sign",
    ),
    "python-tqdm": ("progress_backend.tqdm", "tqdm trange"),
    "python-recorder": ("progress_backend.recorder", "ProgressRecorder"),
    "python-services": (
        "progress_backend",
        "ProgressService RedisProgressService AsyncProgressNotifier NotificationServiceInterface",
    ),
    "python-web": (
        "progress_backend.web",
        "create_app router page_router metrics_router lifespan",
    ),
    "python-values": ("progress_backend", "Task TaskStatus Settings"),
    "python-testing": (
        "progress_backend.testing",
        "progress_store progress_clock progress_redis_url progress_settings wait_for_progress "
        "await_progress lost_worker Clock Readable",
    ),
    "python-embedded": ("progress_backend.embedded", "EmbeddedServer EmbeddedServerError"),
    "python-errors": (
        "progress_backend",
        "ProgressError TaskNotFound TransitionRefused TaskAlreadyFinished ConcurrentUpdate "
        "InvalidEvent TooLarge ForeignValue SettingsError StoreUnavailable",
    ),
}
#: Public by their names alone: they take and return what only the library's own modules make.
INSIDE: Final = frozenset({"apply", "flows", "run"})
_HEADS: Final = {
    "names": ("Name", "Import it from", "What it is"),
    "args": ("Argument", "Type", "Default", "Meaning"),
    "keys": ("Key", "Type", "Meaning"),
    "fields": ("Field", "Type", "Default", "Meaning"),
    "attributes": ("Attribute", "Meaning"),
    "raises": ("Raises", "When"),
    "constants": ("Constant", "Value"),
}


@dataclass(frozen=True)
class Entry:
    """A public name: its package and what it stands for."""

    package: str
    name: str
    value: Any

    @property
    def documented(self) -> Any:
        """What has the docstring: the function of a pytest fixture, else the thing itself."""
        return getattr(self.value, "__wrapped__", self.value)

    @property
    def is_class(self) -> bool:
        return inspect.isclass(self.value)

    @property
    def is_function(self) -> bool:
        return isinstance(self.documented, FunctionType)

    @property
    def is_fixture(self) -> bool:
        return self.is_function and not isinstance(self.value, FunctionType)

    @property
    def file(self) -> Path:
        """Where it is written."""
        if self.is_class or self.is_function:
            return Path(inspect.getfile(self.documented))
        return ROOT / _module_of(self.package, self.name)

    @property
    def said(self) -> Docstring:
        """Its docstring; a value has a comment instead."""
        if self.is_class or self.is_function:
            return read(self.documented)
        return Docstring(_comment(self.file, self.name))


def entries(block: str) -> list[Entry]:
    """The names of a block."""
    package, names = SECTIONS[block]
    module = import_module(package)
    return [Entry(package, name, getattr(module, name)) for name in names.split()]


def names() -> str:
    """One row a public name."""
    rows = [
        (f"[`{e.name}`](#{e.name.lower()})", f"`{e.package}`", e.said.sentence)
        for block in SECTIONS
        for e in entries(block)
    ]
    return markdown(_HEADS["names"], rows)


def section(block: str) -> str:
    """The entries of a block, each with its members."""
    return "\n\n".join(part for entry in entries(block) for part in _entry(entry))


def header() -> str:
    """The keys of one call's header, which are the values of `progress_task`."""
    said, types = read(progress_backend.progress_task), types_of(progress_backend.progress_task)
    rows = []
    for key, check in CHECKS.items():
        plain = " | ".join(t for t in types[key].split(" | ") if not t.startswith(("Call", "None")))
        meaning = dict(said.args)[key].partition(";")[0].rstrip(".")
        rows.append((f"`{key}`", f"`{plain}`", f"{meaning}. {read(check).text}"))
    return markdown(_HEADS["keys"], rows)


def tree() -> str:
    """Every error of the library below its base, with its HTTP status."""
    return "\n".join(["```text", *_branches(progress_backend.ProgressError, "", ""), "```"])


def _branches(error: type[Any], head: str, indent: str) -> Iterator[str]:
    also = ", also a ValueError" if issubclass(error, ValueError) else ""
    yield f"{head}{error.__name__} ({error.status_code}{also})"
    below = [each for each in error.__subclasses__() if each.__module__.startswith("progress_b")]
    for each in below:
        last = each is below[-1]
        head, more = ("└── ", "    ") if last else ("├── ", "│   ")
        yield from _branches(each, indent + head, indent + more)


def _entry(entry: Entry) -> Iterator[str]:
    said = entry.said
    yield f"### {entry.name}"
    yield f"```text\n{_shown(entry)}\n```"
    if entry.is_fixture:
        yield "A pytest fixture."
    yield said.text
    if entry.is_class:
        yield from _class(entry, said)
    else:
        yield from _items(said, entry.documented)
    place = entry.file.relative_to(ROOT)
    yield f"Source: [`{place}`](../{place})"
    if entry.is_class and not issubclass(entry.value, BaseException):
        for name, member in members(entry.value):
            yield from _member(entry.name, name, member)


def _class(entry: Entry, said: Docstring) -> Iterator[str]:
    """What of a class stands before its members: its bases, arguments, fields, constants."""
    cls = entry.value
    public = {id(e.value): e for block in SECTIONS for e in entries(block)}
    for base in cls.__mro__[1:]:
        if id(base) in public and not issubclass(cls, BaseException):
            link = f"[{base.__name__}](#{base.__name__.lower()})"
            yield f"Its base class is {link}, whose members it has too."
            break
    if issubclass(cls, progress_backend.ProgressError):
        yield f"HTTP status: {cls.status_code}"
    if said.attributes:
        rows = [(f"`{name}`", meaning) for name, meaning in said.attributes]
        yield markdown(_HEADS["attributes"], rows)
    if is_dataclass(cls):
        yield _fields(cls)
    elif has_init(cls):
        made = read(cls.__init__)
        if made.text:
            yield made.text
        yield from _items(made, cls)
    constants = {
        name: value
        for name, value in vars(cls).items()
        if name.isupper() and not name.startswith("_")
    }
    if constants:
        rows = [(f"`{n}`", f'`"{value}"`') for n, value in constants.items()]
        yield markdown(_HEADS["constants"], rows)


def _member(owner: str, name: str, member: Any) -> Iterator[str]:
    said = read(member)
    yield f"#### {owner}.{name}"
    if isinstance(member, property):
        kind = inspect.signature(member.fget).return_annotation if member.fget else "Any"
        yield f"```text\n{name}: {kind}\n```"
        yield said.text
        yield from _items(said, None)
        return
    function = getattr(member, "__func__", member)
    yield f"```text\n{signature(name, function, bound=True)}\n```"
    yield said.text
    yield from _items(said, function)


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, and of those bases that are not public."""
    public = {id(e.value) for block in SECTIONS for e in entries(block)}
    found = set(INSIDE)
    for one in cls.__mro__:
        if one is not cls and (id(one) in public or not one.__module__.startswith("progress_b")):
            continue
        for name, member in vars(one).items():
            kinds = (FunctionType, property, classmethod, staticmethod)
            if not name.startswith("_") and name not in found and isinstance(member, kinds):
                found.add(name)
                yield name, member


def _items(said: Docstring, signed: Any) -> Iterator[str]:
    """The tables of arguments and errors."""
    if said.args:
        yield _arguments(said.args, signed)
    if said.raises:
        yield markdown(_HEADS["raises"], [(f"`{e}`", why) for e, why in said.raises])


def _arguments(args: Items, signed: Any) -> str:
    types, given = types_of(signed), parameters(signed)
    rows = []
    for name, meaning in args:
        default = default_of(given[name])
        rows.append((f"`{name}`", f"`{types[name]}`", default, meaning))
    return markdown(_HEADS["args"], rows)


def _fields(cls: Any) -> str:
    comments = field_comments(cls)
    rows = []
    for each in fields(cls):
        default: Any = each.default
        if default is MISSING:
            default = inspect.Parameter.empty if each.default_factory is MISSING else {}
        shown = "" if default is inspect.Parameter.empty else f"`{default!r}`"
        rows.append((f"`{each.name}`", f"`{each.type}`", shown, comments[each.name]))
    return markdown(_HEADS["fields"], rows)


def _shown(entry: Entry) -> str:
    """The first lines of an entry: how it is called, or what it is."""
    value = entry.value
    if entry.is_fixture:
        kind = inspect.signature(entry.documented).return_annotation
        yielded = re.fullmatch(r"Iterator\[(.*)\]", kind)
        return f"{entry.name}: {yielded[1] if yielded else kind}"
    if entry.is_function:
        signed = [each for each, _ in signed_functions(entry.documented)]
        return "\n".join(signature(entry.name, each) for each in signed)
    if not entry.is_class:
        return f"{entry.name}: {type(value).__name__}"
    if is_dataclass(value) or issubclass(value, BaseException) or not has_init(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base is not object)
        return f"class {entry.name}({bases})" if bases else f"class {entry.name}"
    shown = []
    for function, _ in signed_functions(value):
        made = inspect.signature(function).return_annotation
        kept = "" if made in ("Self", "None") else f" -> {made}"
        shown.append(signature(entry.name, function, bound=True, returned=kept))
    return "\n".join(shown)


def _module_of(package: str, name: str) -> Path:
    """The file that the package imports a name from."""
    place = Path(str(sys.modules[package].__file__))
    for node in ast.parse(place.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return (place.parent / f"{node.module}.py").relative_to(ROOT)
    raise ValueError(f"{package} imports no {name}")


def _comment(file: Path, name: str) -> str:
    """The `#:` lines above a value, as text."""
    source = file.read_text(encoding="utf-8")
    found = re.search(rf"((?:^#: .*\n)+){name} = ", source, re.MULTILINE)
    if found is None:
        raise ValueError(f"{file}: nothing is said of {name}")
    return " ".join(re.findall(r"#: (.*)", found[1]))
