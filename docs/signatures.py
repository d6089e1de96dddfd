"""Signatures of functions, methods and constructors, as the Python reference prints them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from types import FunctionType
from typing import Any, Final, get_overloads

_WIDEST: Final = 88


def has_init(cls: type) -> bool:
    """Whether the class, or a base of this package, has a constructor of its own."""
    made = getattr(cls, "__init__", None)
    return isinstance(made, FunctionType) and made.__module__.startswith("progress_b")


def signature(name: str, function: Any, *, bound: bool = False, returned: str | None = None) -> str:
    """A call as it is written, on as many lines as it needs."""
    signed = inspect.signature(function)
    parts: list[str] = []
    starred = False
    for parameter in list(signed.parameters.values())[bound:]:
        starred = starred or parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else stars
        text = f"{stars}{parameter.name}"
        text += f": {_annotation(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_value(parameter.default)}"
        parts.append(text)
    if returned is None:
        returned = f" -> {_annotation(signed.return_annotation)}"
    name = f"async {name}" if inspect.iscoroutinefunction(function) else name
    line = f"{name}({', '.join(parts)}){returned}"
    if len(line) <= _WIDEST:
        return line
    inside = "".join(f"    {part},\n" for part in parts)
    return f"{name}(\n{inside}){returned}"


def parameters(signed: Any) -> dict[str, inspect.Parameter]:
    """The parameters of a function, or of a class's constructor, by name and without `self`."""
    found: dict[str, inspect.Parameter] = {}
    for function, bound in signed_functions(signed):
        for name, parameter in list(inspect.signature(function).parameters.items())[bound:]:
            found.setdefault(name, parameter)
    return found


def signed_functions(signed: Any) -> list[tuple[Callable[..., Any], bool]]:
    """The functions whose signatures are shown, and whether the first argument is not."""
    if inspect.isclass(signed):
        made = signed.__dict__.get("__new__")
        overloads = get_overloads(made.__func__) if isinstance(made, staticmethod) else []
        return [(each, True) for each in overloads] or [(signed.__init__, True)]
    bound = next(iter(inspect.signature(signed).parameters), "") in ("self", "cls")
    return [(each, bound) for each in get_overloads(signed) or [signed]]


def types_of(signed: Any) -> dict[str, str]:
    """The annotation of each parameter, as it is written."""
    return {name: _annotation(p.annotation) for name, p in parameters(signed).items()}


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else annotation.__name__


def default_of(parameter: inspect.Parameter) -> str:
    """A parameter's default as code; "" if there is none."""
    default = parameter.default
    return "" if default is parameter.empty else f"`{_value(default)}`"


def _value(default: Any) -> str:
    if isinstance(default, datetime):
        return default.isoformat()
    if callable(default):
        return f"{default.__module__}.{default.__qualname__}"
    return repr(default)
