"""Why a cancel, pause or resume of a task was refused, as a short code: for programs, and for the
page, which has a text for each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from ..errors import (
    ConcurrentUpdate,
    ForeignValue,
    ProgressError,
    TaskNotFound,
    TooLarge,
    TransitionRefused,
)
from .fields import Status

#: The task's status, if that does not allow the request; else the reason.
Code = Literal[
    Status, "not_found", "forbidden", "changed_by_others", "too_large", "unreadable", "failed"
]
CODES: Final[tuple[Code, ...]] = get_args(Code)
#: The caller may not do it to that task.
FORBIDDEN: Final[Code] = "forbidden"
_OF_ERRORS: Final[Mapping[type[ProgressError], Code]] = {
    TaskNotFound: "not_found",
    ConcurrentUpdate: "changed_by_others",
    TooLarge: "too_large",
    ForeignValue: "unreadable",
}


def code_of(error: ProgressError) -> Code:
    """The code of an error that a request for one task has raised."""
    if isinstance(error, TransitionRefused):
        return next((code for code in CODES if code == error.status), "failed")
    of = (code for kind, code in _OF_ERRORS.items() if isinstance(error, kind))
    return next(of, "failed")
