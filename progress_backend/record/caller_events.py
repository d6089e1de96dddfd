"""What a caller asks for by HTTP or through a service, as events; pure, and checked once here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import InvalidEvent
from . import events as ev
from .default_texts import Locale, text
from .model import STATUSES, TaskStatus, is_plain

#: Statuses that an update may ask for.
UPDATABLE: Final = (
    TaskStatus.RUNNING,
    TaskStatus.COMPLETED,
    TaskStatus.ERROR,
    TaskStatus.PAUSED,
)
#: Largest count: what a JavaScript client still reads exactly.
MAX_ITEMS: Final = 2**53 - 1
MAX_LIMIT: Final = 100
MAX_TEXT: Final = 10_000
MAX_NAME: Final = 255
MAX_REASON: Final = 1_000


def creation(
    task_type: str,
    total_items: int | None,
    symbol: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> ev.Created:
    """The event of a task made outside Celery.

    Raises:
        InvalidEvent: a value cannot be recorded; the message names it.
    """
    _name("task_type", task_type)
    if symbol is not None:
        _name("symbol", symbol)
    _items("total_items", total_items)
    _mapping("metadata", metadata)
    identity = ev.Identity(
        task_type=task_type, total_items=total_items, symbol=symbol, metadata=metadata or {}
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
    locale: Locale = "ja",
) -> tuple[ev.Event, ...]:
    """The events, recorded in one commit, that bring a task to `status` with these figures.
    `reason` and `by` say why, and who asks, for it to be paused, or to end by `force` although a
    worker runs it.

    Raises:
        InvalidEvent: the status cannot be asked for, or a value cannot be recorded.
    """
    if status not in UPDATABLE:
        hint = "; use cancel to cancel a task" if status == TaskStatus.CANCELLED else ""
        raise InvalidEvent(f"status must be one of {', '.join(UPDATABLE)}, not {status!r}{hint}")
    _items("current_items", current_items)
    _items("total_items", total_items)
    if error_message and status != TaskStatus.ERROR:
        raise InvalidEvent(f"error_message goes with status error, not {status}")
    for name, value in (("message", message), ("error_message", error_message)):
        if value is not None and (not isinstance(value, str) or len(value) > MAX_TEXT):
            raise InvalidEvent(f"{name} must be a text of at most {MAX_TEXT} characters")
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
        return (ev.Resumed(), figures)
    nothing_else = current_items is None and not (total_items or results or details)
    if status == TaskStatus.PAUSED:
        asked = ev.Paused(message=message, by=by or "api", reason=reason)
        return (asked,) if nothing_else else (asked, figures)
    asking = ev.Asked(by=by or "api", reason=reason, force=force)
    if status == TaskStatus.COMPLETED:
        end: ev.Event = ev.Completed(
            message=message, results=results or {}, current=current_items, asked=asking
        )
    else:
        end = ev.Failed(
            error_message=error_message or message or text(locale, "failed"),
            cause="reported",
            message=message,
            results=results or {},
            current=current_items,
            asked=asking,
        )
    return (figures, end) if details or total_items else (end,)


def _asking(status: str, reason: str | None, by: str | None, force: bool) -> None:
    if not isinstance(force, bool):
        raise InvalidEvent(f"force must be true or false, not {force!r}")
    ends = status in (TaskStatus.COMPLETED, TaskStatus.ERROR)
    if force and not ends:
        raise InvalidEvent(f"force goes with status completed or error, not {status}")
    for name, value, most in (("reason", reason, MAX_REASON), ("by", by, MAX_NAME)):
        if value is not None and status != TaskStatus.PAUSED and not force:
            hint = " unless force is true" if ends else ""
            raise InvalidEvent(f"{name} goes with status paused, not {status}{hint}")
        if value is not None and (not isinstance(value, str) or len(value) > most):
            raise InvalidEvent(f"{name} must be a text of at most {most} characters")


def listing(
    status: str | None, page: int, limit: int, task_type: str | None, symbol: str | None
) -> None:
    """Checks the filters of a list.

    Raises:
        InvalidEvent: one is out of bounds.
    """
    if status is not None and status not in STATUSES:
        raise InvalidEvent(f"status must be one of {', '.join(STATUSES)}, not {status!r}")
    if not isinstance(page, int) or not 1 <= page <= 10**9:
        raise InvalidEvent(f"page must be 1 or more, not {page!r}")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise InvalidEvent(f"limit must be 1 to {MAX_LIMIT}, not {limit!r}")
    for name, value in (("task_type", task_type), ("symbol", symbol)):
        if value is not None:
            _name(name, value)


def _name(what: str, value: object) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME:
        raise InvalidEvent(f"{what} must be a text of 1 to {MAX_NAME} characters, not {value!r}")
    if not is_plain(value):
        raise InvalidEvent(f"{what} {value!r} has a control character")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidEvent(f"{what} {value!r} has half a surrogate pair, which is no text")


def _items(what: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ITEMS:
        raise InvalidEvent(f"{what} must be a whole number of 0 or more, not {value!r}")


def _mapping(what: str, value: object) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise InvalidEvent(f"{what} must be an object, not {value!r}")
