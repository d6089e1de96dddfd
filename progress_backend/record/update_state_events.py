"""A job's own `self.update_state(state, meta)` as an event; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from . import events as ev
from .failures import cause_of, described
from .json_text import text_of
from .model import MAX_ITEMS

#: Celery's own states that have no event here: its signals have.
_CELERYS_OWN: Final = frozenset(
    {"PENDING", "RECEIVED", "STARTED", "RETRY", "REJECTED", "IGNORED", ""}
)
_MESSAGES: Final = ("message", "description", "status")
#: Names of `meta` that are recorded as progress and message; `percent` and `pending` are
#: celery-progress's.
_NOT_DETAILS: Final = frozenset({"current", "total", "percent", "pending", *_MESSAGES})
_LONGEST: Final = 2_000


def event_of(state: Any, meta: Any) -> ev.Event | None:
    """The event of a state that a job sets by `update_state`; None for Celery's own states that are
    no end."""
    if not isinstance(state, str) or state in _CELERYS_OWN:
        return None
    values = meta if isinstance(meta, Mapping) else {}
    if state == "SUCCESS":
        results = values if isinstance(meta, Mapping) else {"result": meta}
        return ev.Completed(results=results if meta is not None else {})
    if state == "FAILURE":
        return ev.Failed(error_message=described(meta), cause=cause_of(meta))
    if state == "REVOKED":
        return ev.Cancelled(by="celery", reason="REVOKED")
    message = next(
        (values[name] for name in _MESSAGES if _is_message(name, values.get(name))), None
    )
    current, total = count_of(values.get("current")), count_of(values.get("total"))
    if current is None and not total and (current := count_of(values.get("percent"))) is not None:
        total = 100
    return ev.Progressed(
        current=current,
        total=total or None,  # celery-progress writes 0 for unknown
        message=None if message is None else text_of(message)[:_LONGEST],
        details={str(k): v for k, v in values.items() if k not in _NOT_DETAILS},
    )


def _is_message(name: str, text: Any) -> bool:
    """Whether a value is a message: celery-progress always writes a description, "" for none."""
    blank = name == "description" and isinstance(text, str) and not text
    return text is not None and not blank


def count_of(number: Any) -> int | None:
    """A user's number as an int from 0 to 2**53-1; None if it isn't a number."""
    if isinstance(number, bool) or number is None:
        return None
    try:
        return min(max(int(number), 0), MAX_ITEMS)
    except Exception:  # whatever a user's own number raises
        return None
