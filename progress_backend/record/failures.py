"""An exception as one line of text, never a traceback; and its cause; pure."""

from __future__ import annotations

from typing import Any, Final

#: Longest error message that is recorded.
_LONGEST: Final = 2_000
_CAUSES: Final = {
    "WorkerLostError": "worker_lost",
    "TimeLimitExceeded": "time_limit",
    "SoftTimeLimitExceeded": "time_limit",
    "Reject": "rejected",
}


def described(exception: Any) -> str:
    """An exception in one line, never a traceback: "ValueError: bad symbol"."""
    kind = type(exception).__name__
    if kind == "Reject" and getattr(exception, "reason", None) is not None:
        # The text of a Reject is that of a tuple.
        return f"{kind}: {described(exception.reason)}"[:_LONGEST]
    try:
        text = " ".join(str(exception).split())
    except Exception:  # a user's exception may be broken
        text = ""
    if not isinstance(exception, BaseException):
        return (text or kind)[:_LONGEST]
    return (f"{kind}: {text}" if text else kind)[:_LONGEST]


def cause_of(exception: Any) -> str:
    """The record's `error_cause` of an exception: "exception" unless its type has a name of its
    own."""
    return _CAUSES.get(type(exception).__name__, "exception")
