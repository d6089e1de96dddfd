"""The HTTP reference and the commands' help, from the OpenAPI description and from click."""

import inspect
from collections.abc import Iterator
from typing import Any, Final

import click
from fastapi.routing import APIWebSocketRoute

from progress_backend import web
from progress_backend.cli import main
from progress_backend.settings import Settings

from .tables import markdown

Json = dict[str, Any]
#: How the heading of a body reads that others link to by more than its name.
_TITLES: Final = {"TaskBody": "The task body"}
_HEAD: Final = ("Call", "What it does")


def _described() -> Json:
    """The OpenAPI description; the store is named, not opened."""
    return web.create_app(Settings(redis_url="redis://127.0.0.1:6379/0")).openapi()


def _operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path.replace(":path}", "}"), operation


def _sockets() -> Iterator[tuple[str, str]]:
    """Path and docstring of each WebSocket; OpenAPI has no place for them."""
    for route in web.router.routes:
        if isinstance(route, APIWebSocketRoute):
            said = inspect.getdoc(route.endpoint) or ""
            yield route.path.replace(":path}", "}"), said.partition("\n")[0].rstrip(".")


def summary() -> str:
    """One line a call."""
    calls = [(f"{m} {path}", o["summary"]) for m, path, o in _operations(_described())]
    calls += [(f"WebSocket {path}", said) for path, said in _sockets()]
    return markdown(_HEAD, [(f"`{call}`", said) for call, said in calls])


def http() -> str:
    """A section a call: parameters, body and answers; then a section a body of an answer."""
    described = _described()
    schemas = described["components"]["schemas"]
    operations = list(_operations(described))
    parts = [_section(schemas, *operation) for operation in operations]
    parts += [_body(schemas, name) for name in _answered(schemas, [o for *_, o in operations])]
    return "\n\n".join(parts)


def _answered(schemas: Json, operations: list[Json]) -> list[str]:
    """The models of all answers, each before those that it holds."""
    names: dict[str, None] = {}
    waiting = [answer for o in operations for answer in o["responses"].values()]
    while waiting:
        for name in _references(waiting.pop(0)):
            if name not in names:
                names[name] = None
                waiting.append(schemas[name])
    return list(names)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for key, inner in value.items():
            # An example's value is no schema.
            if key != "examples":
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _body(schemas: Json, name: str) -> str:
    model = schemas[name]
    return f"#### {_TITLES.get(name, name)}\n\n{model['description']}\n\n{_fields(schemas, model)}"


def _link(name: str) -> str:
    anchor = _TITLES.get(name, name).lower().replace(" ", "-")
    return f"[{name}](#{anchor})"


def _answer(code: str, answer: Json) -> tuple[str, str, str]:
    """An answer's row; what is no JSON is named by its type."""
    content = answer.get("content", {})
    body = next((f"`{kind}`" for kind in content if kind != "application/json"), "—")
    if "application/json" in content:
        body = _kind(content["application/json"]["schema"])
    return code, body, answer["description"]


def _section(schemas: Json, method: str, path: str, operation: Json) -> str:
    said = [f"### {method} {path}", operation["description"]]
    if "parameters" in operation:
        rows = [
            (f"`{p['name']}`", p["in"], _kind(p["schema"]), p.get("description", ""))
            for p in operation["parameters"]
        ]
        said.append(markdown(("Parameter", "In", "Type", "Meaning"), rows))
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        said.append(_fields(schemas, body, asked=True))
    answers = [_answer(code, answer) for code, answer in operation["responses"].items()]
    said.append(markdown(("Status", "Body", "Meaning"), answers))
    return "\n\n".join(said)


def _fields(schemas: Json, schema: Json, *, asked: bool = False) -> str:
    model = _model(schemas, schema)
    # A field of an answer is always there; only of a request it is worth saying.
    required = model.get("required", ()) if asked else ()
    rows = []
    for name, field in model.get("properties", {}).items():
        must = " (required)" if name in required else ""
        rows.append((f"`{name}`", _kind(field) + must, field.get("description", "")))
    return markdown(("Field", "Type", "Meaning"), rows)


def _model(schemas: Json, schema: Json) -> Json:
    for found in (schema, *schema.get("anyOf", ())):
        if "$ref" in found:
            model: Json = schemas[found["$ref"].rpartition("/")[2]]
            return model
    return schema


#: Models within a request, which have no section of their own.
_INLINE: Final = {
    "ShareAsked": "object with `ttl`",
}


def _kind(schema: Json) -> str:
    """A type in a word or two: "string or null", "integer 1–100"."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(f"`{word}`" for word in schema["enum"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _INLINE.get(name) or _link(name)
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        kind += f" {low:g}–{high:g}" if high <= 10**4 else f", {low:g} or more"
    longest = schema.get("maxLength")
    return kind if longest is None else f"{kind}, at most {longest} characters"


def commands() -> str:
    """Each command's help, as `--help` prints it."""
    parts = []
    names = ["-h", "--help"]
    top = click.Context(main, info_name="progress-backend", help_option_names=names)
    for command, context in _commands(main, top):
        parts.append(f"```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts)


def _commands(
    group: click.Group, parent: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    """Each command of a group, and those of its groups behind it."""
    for name, command in group.commands.items():
        context = click.Context(command, parent=parent, info_name=name, terminal_width=80)
        yield command, context
        if isinstance(command, click.Group):
            yield from _commands(command, context)
