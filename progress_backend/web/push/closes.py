"""How a WebSocket is closed: codes and reasons."""

from __future__ import annotations

import logging
from typing import Final

from pydantic import ValidationError

from ...errors import ForeignValue, StoreUnavailable, TaskNotFound
from ..rights import Refusal

logger = logging.getLogger(__name__)

# Close codes. After 1012 and 1013 a client reconnects.
ENDED: Final = 1000
FAILED: Final = 1011
RESTART: Final = 1012
TRY_LATER: Final = 1013
UNAUTHORIZED: Final = 4401
FORBIDDEN: Final = 4403
UNKNOWN: Final = 4404
INVALID: Final = 4422
TOO_MANY: Final = 4429
UNREADABLE: Final = 4500

AWAY: Final = "the progress store does not answer"
RESTARTS: Final = "the service restarts"
OVER: Final = "the token has expired or was revoked"
MISSED: Final = "updates were missed: connect again, then read the list"
#: Longest reason that a close frame can hold, in bytes.
_REASON: Final = 123


class SocketRefused(Exception):
    """A socket or a watch is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        codes = {401: UNAUTHORIZED, 404: UNKNOWN, 429: TOO_MANY}
        self.code = codes.get(refusal.status, FORBIDDEN)


def code_of(error: Exception) -> tuple[int, str]:
    """The code and reason with which an error closes a socket, or ends one of its watches; a fault
    of the service is logged."""
    match error:
        case SocketRefused():
            return error.code, str(error)
        case ValidationError():
            return INVALID, _first_of(error)
        case TaskNotFound():
            return UNKNOWN, str(error)
        case StoreUnavailable():
            return TRY_LATER, AWAY
        case ForeignValue():
            return UNREADABLE, str(error)
        case _:
            logger.error("the updates of a WebSocket failed", exc_info=error)
            return FAILED, ""


def reason_of(text: str) -> str:
    """A text cut to the length that a close frame can hold."""
    return text.encode()[:_REASON].decode(errors="ignore")


def _first_of(error: ValidationError) -> str:
    """The first error of a query or message, in one line."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
