"""Requests by HTTP or through a service, checked once here and turned into events; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..errors import InvalidEvent
from . import events as ev
from .act import Action
from .default_texts import Locale, text
from .model import KINDS, MAX_OWNER, STATUSES, TaskStatus, is_plain

#: Statuses that a caller may set (PUT status).
UPDATABLE: Final = (
    TaskStatus.RUNNING,
    TaskStatus.COMPLETED,
    TaskStatus.ERROR,
    TaskStatus.PAUSED,
)
#: Largest count: the largest integer that a JavaScript client reads exactly.
MAX_ITEMS: Final = 2**53 - 1
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
    _name("task_type", task_type)
    if symbol is not None:
        _name("symbol", symbol)
    _items("total_items", total_items)
    _mapping("metadata", metadata)
    if owner is not None:
        _name("owner", owner, MAX_OWNER)
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
    """The events of a caller's update, for one commit: the new `status` and these numbers.
    `reason` and `by` are recorded with a pause, and with an end by `force` while a worker runs the
    task; `resumer` where the update lets a paused task go on.

    Raises:
        InvalidEvent: a caller cannot set this status, or a value cannot be recorded.
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
        return (ev.Resumed(by=resumer), figures)
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
    for name, value in (("reason", reason), ("by", by)):
        if value is not None and status != TaskStatus.PAUSED and not force:
            hint = " unless force is true" if ends else ""
            raise InvalidEvent(f"{name} goes with status paused, not {status}{hint}")
    who_and_why(by, reason)


def who_and_why(by: str | None, reason: str | None) -> None:
    """Checks what a record keeps of a caller's request.

    Raises:
        InvalidEvent: one of them is no text, or too long.
    """
    for name, value, most in (("reason", reason, MAX_REASON), ("by", by, MAX_NAME)):
        if value is not None and (not isinstance(value, str) or len(value) > most):
            raise InvalidEvent(f"{name} must be a text of at most {most} characters")


def of_a_workflow(
    status: str, reason: str | None = None, by: str | None = None, **others: object
) -> Action:
    """What a caller asks of a whole workflow with the `status` that it is to have; `others` are
    values that a task may be given with it.

    Raises:
        InvalidEvent: a workflow cannot be given this status, or such a value.
    """
    if status not in _ASKED_OF_ALL:
        raise InvalidEvent(
            f"a workflow's status may be set to {', '.join(_ASKED_OF_ALL)}, not {status!r}: it is "
            "that of its members"
        )
    if given := [name for name, value in others.items() if value not in (None, False)]:
        raise InvalidEvent(f"{', '.join(given)} is a task's: a workflow is its members' sum")
    _asking(TaskStatus.PAUSED, reason, by, force=False)
    return _ASKED_OF_ALL[status]


def listing(
    status: str | None,
    page: int,
    limit: int,
    task_type: str | None,
    symbol: str | None,
    workflow_id: str | None = None,
    top: bool = False,
    remark: str | None = None,
    owner: str | None = None,
    cursor: str | None = None,
) -> None:
    """Checks the filters and the page of a list request.

    Raises:
        InvalidEvent: a filter, the page or the limit is out of bounds.
    """
    if status is not None and status not in STATUSES:
        raise InvalidEvent(f"status must be one of {', '.join(STATUSES)}, not {status!r}")
    paging(page, limit)
    for name, value in (("task_type", task_type), ("symbol", symbol)):
        if value is not None:
            _name(name, value)
    if owner is not None:
        _name("owner", owner, MAX_OWNER)
    members_only(workflow_id, task_type, symbol, owner)
    top_only(top, status, task_type, symbol, workflow_id, remark, owner)
    by_cursor_only(looks(owner, task_type, symbol, remark), page, cursor)
    if remark is not None and remark not in KINDS:
        raise InvalidEvent(f"remark must be one of {', '.join(KINDS)}, not {remark!r}")
    if owner is None:
        remarked_only(remark, status, task_type, symbol, workflow_id)


def looks(owner: str | None, *others: str | None) -> bool:
    """Whether a list has other filters than a status within an owner's tasks: there is no index of
    them, so that tasks are looked at."""
    return owner is not None and any(other is not None for other in others)


def by_cursor_only(looking: bool, page: int, cursor: str | None) -> None:
    """Checks that a list whose tasks are looked at is paged by a cursor, and no other.

    Raises:
        InvalidEvent: it is not.
    """
    if looking and page != 1:
        raise InvalidEvent("owner with task_type, symbol or remark goes on by cursor, not by page")
    if cursor is not None and not looking:
        raise InvalidEvent("cursor goes with owner and one of task_type, symbol and remark")


def remarked_only(remark: str | None, *others: str | None) -> None:
    """Checks that tasks with a remark are not filtered by anything else.

    Raises:
        InvalidEvent: they are.
    """
    if remark is not None and any(other is not None for other in others):
        raise InvalidEvent("remark goes with no other filter")


def paging(page: int, limit: int) -> None:
    """Checks the page of a list request.

    Raises:
        InvalidEvent: the page or the limit is out of bounds.
    """
    if not isinstance(page, int) or not 1 <= page <= 10**9:
        raise InvalidEvent(f"page must be 1 or more, not {page!r}")
    if not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise InvalidEvent(f"limit must be 1 to {MAX_LIMIT}, not {limit!r}")


def members_only(workflow_id: str | None, *others: str | None) -> None:
    """Checks the filters of a workflow's members: they are indexed by their status alone.

    Raises:
        InvalidEvent: another filter is given too.
    """
    if workflow_id is not None and any(other is not None for other in others):
        raise InvalidEvent(
            "workflow_id goes with status alone: leave out task_type, symbol and owner, or "
            "workflow_id"
        )


def top_only(top: bool, *filters: str | None) -> None:
    """Checks that the list of tasks and workflows that nothing else started is asked for without a
    filter: a workflow has no type and no symbol, and its status is computed as it is read.

    Raises:
        InvalidEvent: a filter is given too, or `top` is neither true nor false.
    """
    if not isinstance(top, bool):
        raise InvalidEvent(f"top must be true or false, not {top!r}")
    if top and any(value is not None for value in filters):
        raise InvalidEvent(
            "top goes without filters: leave out status, task_type, symbol, owner and workflow_id, "
            "or top"
        )


def _name(what: str, value: object, most: int = MAX_NAME) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise InvalidEvent(f"{what} must be a text of 1 to {most} characters, not {value!r}")
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
