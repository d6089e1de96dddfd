"""The first estimate of a task that has not begun, at the last rate of its type."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from . import estimate
from .json_text import document_of, parsed
from .local_time import moment
from .model import TaskStatus, rendered

#: Documents whose estimate is cached, and the largest of those in bytes; see `reader_view`.
_REMEMBERED: Final = 2_048
_SMALL: Final = 4_096


def begun(document: bytes) -> bool:
    """Whether a document certainly needs no first estimate, since its task has begun."""
    return b'"status":"created"' not in document


def type_of(document: bytes) -> str | None:
    """The task type whose rate estimates the end of the task in a checked document; None if the
    document needs no first estimate."""
    if begun(document):
        return None
    return (_type if len(document) <= _SMALL else _find_type)(document)


def estimated(document: bytes, rate: float | None) -> bytes:
    """The document with its estimated end at this rate."""
    return (_estimated if len(document) <= _SMALL else _estimate)(document, rate)


def _find_type(document: bytes) -> str | None:
    body = parsed(document)
    waits = body["status"] == TaskStatus.CREATED and body["estimated_completion"] is None
    return str(body["task_type"]) if waits else None


def _estimate(document: bytes, rate: float | None) -> bytes:
    body = parsed(document)
    if body["created_at"] is not None:
        created_at = moment(body["created_at"])
        ending = estimate.first_estimate(created_at, body["progress"]["total"], rate)
        body["estimated_completion"] = rendered(ending)
    return document_of(body)


_type: Callable[[bytes], str | None] = lru_cache(maxsize=_REMEMBERED)(_find_type)
_estimated: Callable[[bytes, float | None], bytes] = lru_cache(maxsize=_REMEMBERED)(_estimate)
