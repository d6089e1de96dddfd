"""What version 1.x keeps: each thing that other programs rely on, as a line of text.

`python -m tests.frozen` writes frozen.json; that is done for 1.0.0, and for a new major version.
"""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

import click
import msgspec

import progress_backend
from docs import tables
from progress_backend import Settings
from progress_backend.cli import main
from progress_backend.record import act_refusal, default_texts, outcomes
from progress_backend.record.fields import Stored
from progress_backend.record.model import KINDS, STATUSES
from progress_backend.tracking import headers
from progress_backend.web import create_app

FILE: Final = Path(__file__).with_name("frozen.json")


def all_of() -> dict[str, list[str]]:
    """The lines of each surface, sorted."""
    surfaces = {
        "stored record": _stored(),
        "keys and channels": _keys(),
        "HTTP": _http(),
        "codes": _codes(),
        "settings": (f"PROGRESS_{one.name.upper()} = {one.default!r}" for one in fields(Settings)),
        "metrics": _metrics(),
        "Python": _python(),
        "commands": _commands(main, "progress-backend"),
        "message headers": (f"{n} = {v}" for n, v in vars(headers).items() if n.isupper()),
    }
    return {name: sorted(set(lines)) for name, lines in surfaces.items()}


def _stored() -> Iterator[str]:
    for name, part in msgspec.json.schema(Stored)["$defs"].items():
        yield from _properties(name, part)


def _properties(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    for field, about in schema.get("properties", {}).items():
        needed = "!" if field in schema.get("required", ()) else ""
        yield f"{name}.{field}{needed}: {json.dumps(_bare(about), sort_keys=True)}"


def _bare(schema: Any) -> Any:
    """A schema without its texts."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {n: _bare(v) for n, v in schema.items() if n not in {"description", "title", "examples"}}


def _keys() -> Iterator[str]:
    for row in tables.keys().splitlines()[2:]:
        yield re.split(r"(?<!\\)\|", row)[1].strip().replace("\\|", "|")


def _metrics() -> Iterator[str]:
    for metric in tables.metrics():
        if metric.name.startswith("progress_"):
            yield f"{metric.name} is a {metric.type}"
    for name, labels in tables.names().items():
        if name.startswith("progress_"):
            yield f"{name} {sorted(labels)}"


def _http() -> Iterator[str]:
    described = create_app(Settings("redis://127.0.0.1:1")).openapi()
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            yield from (f"{method.upper()} {path} {status}" for status in about["responses"])
            for one in about.get("parameters", ()):
                yield f"{method.upper()} {path} {one['in']} {one['name']}"
    for name, schema in described["components"]["schemas"].items():
        yield from _properties(name, schema)


def _codes() -> Iterator[str]:
    yield from (f"status {status}" for status in STATUSES)
    yield from (f"warning {kind}" for kind in KINDS)
    yield from (f"text {code}" for code in default_texts.TEXTS["en"])
    yield from (f"cause {cause}" for cause in outcomes.CAUSES)
    yield from (f"refusal {code}" for code in get_args(act_refusal.Code))


def _python() -> Iterator[str]:
    for name in progress_backend.__all__:
        thing = getattr(progress_backend, name)
        if not inspect.isclass(thing):
            yield f"{name}{inspect.signature(thing)}" if callable(thing) else name
            continue
        yield name
        ours = [cls for cls in thing.__mro__ if cls.__module__.startswith("progress_backend")]
        for member, value in (item for cls in ours for item in vars(cls).items()):
            if not member.startswith("_"):
                shown = inspect.signature(value) if inspect.isfunction(value) else ""
                yield f"{name}.{member}{shown}"


def _commands(command: click.Command, name: str) -> Iterator[str]:
    for one in command.params:
        yield f"{name} {' '.join(one.opts)}"
    if isinstance(command, click.Group):
        for below, each in command.commands.items():
            yield from _commands(each, f"{name} {below}".strip())


if __name__ == "__main__":
    FILE.write_text(json.dumps(all_of(), indent=1, ensure_ascii=False) + "\n", "utf-8")
