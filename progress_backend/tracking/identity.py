"""The identity of one call of a task, from the task's marking, its arguments and its message; and
the header that carries it to the worker."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from celery.app.task import Context
from celery.exceptions import SoftTimeLimitExceeded

from ..record.canvas import id_text
from ..record.events import Identity
from ..record.failures import described
from ..record.json_text import dumps
from ..record.model import MAX_ID, MAX_OWNER, Member, is_plain
from ..record.traces import traceparent
from .decorator import Marking
from .headers import BEAT, CREATED_AT, DIGEST, HEADER, PUBLISHED_AT, TRACE, WORKFLOW, header_in

logger = logging.getLogger(__name__)

#: Longest metadata in the header, in characters: AMQP's headers have to fit into one frame. And the
#: most levels of it: AMQP's encoder is recursive.
_LARGEST_HEADER: Final = 16 * 1024
_LEVELS: Final = 32
#: Largest `expect_s` and `stall_s`, in seconds.
_YEAR_S: Final = 366 * 86_400


def identity_of(
    task: Any,
    name: str,
    marking: Marking,
    args: Any,
    kwargs: Any,
    message: Any,
) -> Identity:
    """The identity of one call of a task. `message` is the message's headers, or the request that
    Celery has made of them.

    Never raises: a value that cannot be computed is None, with one line in the log.
    """

    header = reader_of(message)
    parent_id = id_text(header("parent_id"))
    given = header(HEADER) if isinstance(message, dict) else header_in(message)
    bound: Mapping[str, Any] | None = None
    values: dict[str, Any] = {}
    of_call = marking.values
    if isinstance(given, dict):
        if isinstance(message, dict):  # of the publisher, so that it is logged once
            for one in given.keys() - CHECKS.keys() - _NOT_OF_IDENTITY:
                logger.warning("%s of %s is left out: a call has no value of this name", one, name)
        of_call = {**of_call, **{k: v for k, v in given.items() if k in CHECKS and v is not None}}
    for one, value in of_call.items():
        try:
            if callable(value):
                if bound is None:
                    bound = _bound(task, args, kwargs)
                values[one] = CHECKS[one](_called(value, bound))
            else:
                values[one] = CHECKS[one](value)
        except SoftTimeLimitExceeded:
            raise  # raised into the job that publishes
        except Exception as error:  # a user's function or value may raise anything
            logger.warning("%s of %s is left out: %s", one, name, described(error))
    return Identity(
        task_type=values.get("task_type") or name,
        symbol=values.get("symbol"),
        total_items=values.get("total_items"),
        metadata=values.get("metadata") or {},
        keeps_results=marking.results,
        keeps_message=marking.keeps,
        # A task that is retried, or replaced, publishes its own next message.
        parent_id=None if parent_id == id_text(header("id")) else parent_id,
        root_id=id_text(header("root_id")),
        group_id=id_text(header("group")),
        member=None if (workflow := header(WORKFLOW)) is None else member_of(workflow),
        expect_s=values.get("expect_s"),
        stall_s=values.get("stall_s"),
        owner=values.get("owner") or (None if workflow is None else owner_of(workflow)),
        again=_again(given, marking),
        scheduled=header(BEAT) is True,
        traceparent=None if (trace := header(TRACE)) is None else traceparent(trace),
    )


def _again(header: Any, marking: Marking) -> bool | None:
    """Whether the arguments are kept, as the publisher knows; None for a task that other programs
    may not start."""
    again = header.get("again") if isinstance(header, dict) else None
    return again if isinstance(again, bool) else (False if marking.start else None)


def reader_of(message: Any) -> Callable[[str], Any]:
    """Returns a function that reads a header by name, from a message's headers or from the request
    that Celery has made of them. It returns None for a missing header."""
    if type(message) is Context:  # which keeps a message's headers as its own attributes
        message = vars(message)
    return message.get if isinstance(message, dict) else lambda name: getattr(message, name, None)


def header_of(identity: Identity) -> dict[str, Any]:
    """The message header with a call's values for the worker; it makes each message longer, so it
    has no empty values."""
    header: dict[str, Any] = {"task_type": identity.task_type}
    if identity.symbol is not None:
        header["symbol"] = identity.symbol
    if identity.total_items is not None:
        header["total_items"] = identity.total_items
    metadata = identity.metadata
    if metadata and len(dumps(metadata)) <= _LARGEST_HEADER and _fits_amqp(metadata):
        header["metadata"] = metadata
    for name in ("expect_s", "stall_s", "owner", "again"):
        if (value := getattr(identity, name)) is not None:
            header[name] = value
    return header


def _fits_amqp(value: Any, levels: int = _LEVELS) -> bool:
    """Whether AMQP can encode a JSON value: a key has up to 255 bytes, an integer 64 bits. With
    another value in its headers the publish would raise."""
    if isinstance(value, dict):
        short = all(len(key.encode("utf-8", "surrogatepass")) <= 255 for key in value)
        return short and _fits_amqp(list(value.values()), levels)
    if isinstance(value, list):
        return levels > 0 and all(_fits_amqp(one, levels - 1) for one in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def member_in(message: Any) -> Member | None:
    """The workflows in a message's headers, or in the request that Celery has made of them; None
    without a valid header."""
    return member_of(reader_of(message)(WORKFLOW))


def member_of(given: Any) -> Member | None:
    """The workflows that a header names."""
    if not isinstance(given, dict):
        return None
    ids = tuple(i for i in (given.get("id"), given.get("canvas")) if i is not None)
    generation = given.get("generation", 0)
    if not ids or type(generation) is not int:
        return None
    if not all(isinstance(i, str) and 0 < len(i) <= MAX_ID and is_plain(i) for i in ids):
        return None
    return Member(tuple(dict.fromkeys(ids)), generation)


def owner_of(given: Any) -> str | None:
    """The owner that a workflow's header names; None without a valid one."""
    try:
        return _owner(given.get("owner")) if isinstance(given, dict) else None
    except (TypeError, ValueError):
        return None


def _owner(value: Any) -> str | None:
    """Returns the owner as text. It is never cut, since two owners could become one."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, UUID)):
        raise TypeError(f"{value!r} cannot be an owner")
    text = str(value)
    if not 1 <= len(text) <= MAX_OWNER or not is_plain(text):
        raise ValueError(f"{text[:MAX_OWNER]!r} must be plain text of 1 to {MAX_OWNER} characters")
    text.encode()
    return text


def _text(value: Any) -> str | None:
    """Cut to 255 characters; left out if it is empty or has a control character."""
    if value is None:
        return None
    text = str(value)[:255]
    if not is_plain(text):
        raise ValueError(f"{text!r} has control characters")
    return text or None


def _count(value: Any) -> int | None:
    """An int from 0 to 2**53-1; 0 is unknown."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError(f"{value!r} is not a number of items")
    return value or None  # 0 is unknown


def _seconds(value: Any) -> float | None:
    """A number of seconds from 1 to a year."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= _YEAR_S:
        raise ValueError(f"{value!r} is not a number of seconds from 1 on")
    return value


def _object(value: Any) -> dict[str, Any]:
    """Returns the mapping as JSON, values without a JSON form as text. Above 16 KiB, or if AMQP
    cannot encode it, it is not in the message, only in the record that the publisher creates."""
    if not isinstance(value, (Mapping, type(None))):
        raise TypeError(f"{value!r} is not a mapping")
    travelling: dict[str, Any] = json.loads(dumps(value)) if value else {}
    return travelling


#: The values that one call may have, by their names in the header, each with its check.
CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "task_type": _text,
    "symbol": _text,
    "total_items": _count,
    "metadata": _object,
    "expect_s": _seconds,
    "stall_s": _seconds,
    "owner": _owner,
}

#: Other keys of that header: the workflow's values of a call, and what the library adds.
_NOT_OF_IDENTITY: Final = {"workflow", "again", CREATED_AT, DIGEST, PUBLISHED_AT}


def _bound(task: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The task's arguments by name, defaults applied, without self."""
    run = getattr(task, "_orig_run", None) or task.run
    try:
        bound = inspect.signature(run).bind(*(args or ()), **(kwargs or {}))
    except (TypeError, ValueError):
        return dict(kwargs or {})
    bound.apply_defaults()
    return dict(bound.arguments)


def _called(function: Callable[..., Any], bound: Mapping[str, Any]) -> Any:
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return function(**bound)
    return function(**{p.name: bound[p.name] for p in parameters if p.name in bound})
