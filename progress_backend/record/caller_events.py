"""Requests by HTTP or through a service, checked once here and turned into events; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import InvalidEvent
from . import events as ev
from .act import Action
from .default_texts import Locale, text
from .model import MAX_ITEMS, MAX_OWNER, REPORTED, TaskStatus, is_plain

#: Statuses that a caller may set (PUT status).
UPDATABLE: Final = (TaskStatus.RUNNING, TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.PAUSED)
MAX_LIMIT: Final = 100
MAX_TEXT: Final = 10_000
MAX_NAME: Final = 255
MAX_REASON: Final = 1_000
_ASKED_OF_ALL: Final[Mapping[str, Action]] = {"running": "resume", "paused": "pause"}


def creation(
    task_type: str,
    total_items: int | None,
    symbol: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    owner: str | None = None,
) -> ev.Created:
    """The event of a task that is created by HTTP or a service, not by Celery.

    Raises:
        InvalidEvent: a value cannot be recorded; the message names it.
    """
    name_fits("task_type", task_type)
    symbol, owner = given(symbol), given(owner)
    if symbol is not None:
        name_fits("symbol", symbol)
    _items("total_items", total_items)
    _mapping("metadata", metadata)
    if owner is not None:
        name_fits("owner", owner, MAX_OWNER)
    identity = ev.Identity(
        task_type=task_type,
        total_items=total_items,
        symbol=symbol,
        metadata=metadata or {},
        owner=owner,
    )
    return ev.Created(identity=identity)


def update(
    status: str,
    *,
    current_items: int | None = None,
    message: str | None = None,
    error_message: str | None = None,
    results: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    reason: str | None = None,
    by: str | None = None,
    total_items: int | None = None,
    force: bool = False,
    resumer: str = "api",
    locale: Locale = "ja",
) -> tuple[ev.Event, ...]:
    """The events of a caller's update, for one commit: the new `status` and these numbers. `reason`
    and `by` are recorded with a pause, and with an end by `force` while a worker runs the task;
    `resumer` if the update resumes a paused task.

    Raises:
        InvalidEvent: a caller cannot set this status, or a value cannot be recorded.
    """
    if status not in UPDATABLE:
        hint = "; use cancel to cancel a task" if status == TaskStatus.CANCELLED else ""
        raise InvalidEvent(f"status must be one of {', '.join(UPDATABLE)}, not {status!r}{hint}")
    _items("current_items", current_items)
    _items("total_items", total_items)
    if error_message and status != TaskStatus.ERROR:
        raise InvalidEvent(f"error_message needs status error, not {status}")
    for name, value in (("message", message), ("error_message", error_message)):
        if value is not None and (not isinstance(value, str) or len(value) > MAX_TEXT):
            raise InvalidEvent(f"{name} must be a string of at most {MAX_TEXT} characters")
    _asking(status, reason, by, force)
    _mapping("results", results)
    _mapping("details", details)
    figures = ev.Progressed(
        current=current_items,
        total=total_items,
        message=message,
        details=details or {},
        results=results or {},
    )
    if status == TaskStatus.RUNNING:
        return (ev.Resumed(by=resumer), figures)
    nothing_else = current_items is None and not (total_items or results or details)
    if status == TaskStatus.PAUSED:
        asked = ev.Paused(message=message, by=by or "api", reason=reason)
        return (asked,) if nothing_else else (asked, figures)
    asking = ev.EndRequest(by=by or "api", reason=reason, force=force)
    given: dict[str, Any] = {"message": message, "results": results or {}, "current": current_items}
    end: ev.Event = ev.Completed(**given, asked=asking)
    if status == TaskStatus.ERROR:
        error = error_message or message or text(locale, "failed")
        end = ev.Failed(**given, error_message=error, given=True, cause=REPORTED, asked=asking)
    return (figures, end) if details or total_items else (end,)


def _asking(status: str, reason: str | None, by: str | None, force: bool) -> None:
    if not isinstance(force, bool):
        raise InvalidEvent(f"force must be true or false, not {force!r}")
    ends = status in (TaskStatus.COMPLETED, TaskStatus.ERROR)
    if force and not ends:
        raise InvalidEvent(f"force needs status completed or error, not {status}")
    for name, value in (("reason", reason), ("by", by)):
        if value is not None and status != TaskStatus.PAUSED and not force:
            hint = " unless force is true" if ends else ""
            raise InvalidEvent(f"{name} needs status paused, not {status}{hint}")
    who_and_why(by, reason)


def who_and_why(by: str | None, reason: str | None) -> None:
    """Checks the `by` and `reason` of a caller's request.

    Raises:
        InvalidEvent: one of them is no text, or too long.
    """
    for name, value, most in (("reason", reason, MAX_REASON), ("by", by, MAX_NAME)):
        if value is not None and (not isinstance(value, str) or len(value) > most):
            raise InvalidEvent(f"{name} must be a string of at most {most} characters")


def of_a_workflow(
    status: str, reason: str | None = None, by: str | None = None, **others: object
) -> Action:
    """The request for a whole workflow that a caller makes with a `status`; `others` are values
    that only a request for a task may have.

    Raises:
        InvalidEvent: a workflow cannot be given this status, or such a value.
    """
    if status not in _ASKED_OF_ALL:
        raise InvalidEvent(
            f"a workflow's status may be set to {', '.join(_ASKED_OF_ALL)}, not {status!r}: it is "
            "that of its members"
        )
    if given := [name for name, value in others.items() if value not in (None, False)]:
        names = ", ".join(given)
        raise InvalidEvent(f"{names} cannot be set on a workflow: send it to one of its tasks")
    _asking(TaskStatus.PAUSED, reason, by, force=False)
    return _ASKED_OF_ALL[status]


def given(value: Any) -> Any:
    """A value of a request: an empty text is none."""
    return None if value == "" else value


def paging(page: int, limit: int) -> int:
    """Checks the page of a list request; returns the rows of a page, `MAX_LIMIT` at most.

    Raises:
        InvalidEvent: the page or the limit is out of bounds.
    """
    if not isinstance(page, int) or not 1 <= page <= 10**9:
        raise InvalidEvent(f"page must be 1 or more, not {page!r}")
    if not isinstance(limit, int) or limit < 1:
        raise InvalidEvent(f"limit must be 1 or more, not {limit!r}")
    return min(limit, MAX_LIMIT)


def name_fits(what: str, value: object, most: int = MAX_NAME) -> None:
    """Checks a name that a caller gives: 1 to `most` characters, no control characters.

    Raises:
        InvalidEvent: it is not.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise InvalidEvent(f"{what} must be a string of 1 to {most} characters, not {value!r}")
    if not is_plain(value):
        raise InvalidEvent(f"{what} {value!r} has a control character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidEvent(f"{what} {value!r} has half a surrogate pair: send Unicode")


def _items(what: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ITEMS:
        raise InvalidEvent(f"{what} must be a whole number of 0 or more, not {value!r}")


def _mapping(what: str, value: object) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise InvalidEvent(f"{what} must be an object, not {value!r}")
