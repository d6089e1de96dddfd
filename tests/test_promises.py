"""tests/PROMISES.md names a test of each promise: its tests exist, and no promise is left out.

What is promised is read from the documents and the code, so that a new row of docs/failures.md, a
setting, a route, a close code or a command without a row there fails, with the row to add.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import click
import pytest
from fastapi import FastAPI

from docs.make_blocks import filled
from docs.tables import markdown
from progress_backend.cli import main
from progress_backend.record import default_texts
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.servers import ROOT

PROMISES: Final = "tests/PROMISES.md"
FAILURES: Final = "docs/failures.md"
_ID: Final = re.compile(r"`(tests/[\w/]+/test_\w+\.py|tests/test_\w+\.py)::([\w:]+)`")
#: A table's line that separates its head.
_RULE: Final = re.compile(r"\|[ :|-]+\|")
#: The ranges of close codes: the protocol's own, and an application's.
_CODES: Final = (range(1000, 1016), range(4000, 5000))


def tables(text: str) -> Iterator[list[str]]:
    """The cells of each row of each Markdown table, without the heads."""
    lines = text.splitlines()
    for above, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|") and above.startswith("|") and not _RULE.fullmatch(line):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def promised(cell: str) -> str:
    """What a first cell promises, without its marks."""
    return cell.replace("`", "").replace("\\|", "|")


@cache
def sections() -> dict[str, list[tuple[str, str]]]:
    """By heading: each promise and the cell of its tests."""
    _, *parts = re.split(r"^## ", (ROOT / PROMISES).read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, list[tuple[str, str]]] = {}
    for part in parts:
        title, _, text = part.partition("\n")
        found[title] = [(promised(cells[0]), cells[-1]) for cells in tables(text)]
    return found


def failures() -> Iterator[str]:
    text = filled((ROOT / FAILURES).read_text(encoding="utf-8"))
    return (promised(cells[0]) for cells in tables(text))


@cache
def application() -> FastAPI:
    return create_app(Settings(redis_url="redis://127.0.0.1:1/0"))


def routes() -> Iterator[str]:
    return (name for name in _served() if not name.startswith("WebSocket "))


def sockets() -> Iterator[str]:
    return (name for name in _served() if name.startswith("WebSocket "))


def _served() -> Iterator[str]:
    for route in _flat(application().routes):
        # GET brings HEAD, and a socket has no methods.
        for method in sorted((getattr(route, "methods", None) or {"WebSocket"}) - {"HEAD"}):
            yield f"{method} {route.path.replace(':path}', '}')}"


def _flat(found: Iterable[Any]) -> Iterator[Any]:
    """The routes, and those of routers that FastAPI keeps whole."""
    for route in found:
        inner = getattr(route, "original_router", None)
        yield from [route] if inner is None else _flat(inner.routes)


def refusals() -> Iterator[str]:
    """Each kind of refusal that the API's description has."""
    for methods in application().openapi()["paths"].values():
        for operation in methods.values():
            for code, answer in operation["responses"].items():
                if int(code) >= 400:
                    yield f"{code} {answer['description']}"


def close_codes() -> Iterator[str]:
    """The whole numbers of the sockets' code that can be no other than close codes."""
    for folder in ("push", "server"):
        for path in (ROOT / "progress_backend" / "web" / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and any(node.value in of for of in _CODES):
                    yield str(node.value)


def commands(group: click.Group = main, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}"


def settings() -> Iterator[str]:
    return (f"PROGRESS_{field.name.upper()}" for field in fields(Settings))


def texts() -> Iterable[str]:
    return default_texts.TEXTS["ja"]


#: By heading: what has a row there, no more and no less. Other sections are written by hand.
WHOLE: Final[dict[str, Callable[[], Iterable[str]]]] = {
    "What becomes of a record": failures,
    "HTTP routes": routes,
    "WebSockets": sockets,
    "Close codes": close_codes,
    "Refusals": refusals,
    "Commands": commands,
    "Settings": settings,
    "Default texts": texts,
}


@cache
def defined_in(path: Path) -> frozenset[str]:
    """The test functions and methods of a file."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    methods = [f"{of.name}::{name}" for of in classes for name in _functions(of.body)]
    return frozenset([*_functions(body), *methods])


def _functions(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_":
            yield node.name


def faults(cell: str) -> Iterator[str]:
    """What is wrong with a cell of tests."""
    named = _ID.findall(cell)
    if not named:
        yield "names no test"
    if rest := _ID.sub("", cell).replace(",", "").strip():
        yield f"has {rest!r}, which is no test's id"
    for file, test in named:
        if not (ROOT / file).exists():
            yield f"{file} does not exist"
        elif test not in defined_in(ROOT / file):
            yield f"{file} has no {test}"


def test_each_promise_names_tests_that_exist() -> None:
    found = [
        f"{title}: {promise}: {fault}"
        for title, rows in sections().items()
        for promise, cell in rows
        for fault in faults(cell)
    ]
    assert not found, (
        f"{PROMISES}: whoever renames or deletes a test moves its id in the same commit, or names "
        "another test of the same promise:\n" + "\n".join(found)
    )


@pytest.mark.parametrize("title", WHOLE)
def test_no_promise_is_left_out(title: str) -> None:
    wanted = dict.fromkeys(WHOLE[title]())
    rows = [promise for promise, _ in sections()[title]]
    lacking = [[f"`{name}`", "`tests/…/test_….py::test_…`"] for name in wanted if name not in rows]
    assert not lacking, (
        f'{PROMISES} lacks these rows under "{title}"; name the test that proves each, the lowest '
        "first:\n" + "\n".join(markdown(("", ""), lacking).splitlines()[2:])
    )
    gone = [name for name in rows if name not in wanted]
    assert not gone, f'{PROMISES}, "{title}": take out the rows of what is no more: {gone}'
    assert len(rows) == len(set(rows)), f'{PROMISES}, "{title}": a row is there twice'


def test_a_fault_is_found() -> None:
    here = "tests/test_promises.py"
    assert list(faults(f"`{here}::test_a_fault_is_found`, `{here}::test_a_fault_is_found`")) == []
    assert list(faults("")) == ["names no test"]
    assert list(faults("-")) == ["names no test", "has '-', which is no test's id"]
    for cell, fault in {
        f"`{here}::test_none`": f"{here} has no test_none",
        f"`{here}::faults`": f"{here} has no faults",
        "`tests/no/test_such.py::test_none`": "tests/no/test_such.py does not exist",
        f"`{here}::test_a_fault_is_found` by hand": "has 'by hand', which is no test's id",
    }.items():
        assert list(faults(cell)) == [fault]
    table = "| a | b |\n|---|:-:|\n| `c` | d \\| e |\n\nf | g\n"
    assert list(tables(table)) == [["`c`", "d \\| e"]]
