"""Celery's signatures, read by their keys alone: they are dictionaries, or, in the process that
sends them, objects that are dictionaries too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

Signature = Mapping[str, Any]


def members_of(group: Any) -> list[Signature]:
    """A group's members, or those of a chord's header, which may be a list instead of a group."""
    if isinstance(group, dict):
        return several(kwargs_of(group).get("tasks"))
    return several(group)


def several(value: Any) -> list[Signature]:
    """The signatures of a list, or a single one that takes the place of a list."""
    if not value:
        return []
    if isinstance(value, dict):
        return [value] if is_signature(value) else []
    return [one for one in value if is_signature(one)] if isinstance(value, Iterable) else []


def is_signature(value: Any) -> TypeGuard[Signature]:
    """Whether a value is a signature."""
    return isinstance(value, dict) and "task" in value


def options_of(signature: Signature) -> Mapping[str, Any]:
    """A signature's options."""
    options = signature.get("options")
    return options if isinstance(options, dict) else {}


def kwargs_of(signature: Signature) -> Mapping[str, Any]:
    """A signature's keyword arguments; those of a composed one are its parts."""
    kwargs = signature.get("kwargs")
    return kwargs if isinstance(kwargs, dict) else {}


def id_text(value: Any) -> str | None:
    """An id as text, since a caller may give a UUID; None for no id, and for an empty one."""
    return None if not value or isinstance(value, (dict, list)) else str(value)
