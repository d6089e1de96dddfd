"""How a WebSocket is closed: codes and reasons."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from ...errors import ForeignValue, StoreUnavailable, TaskNotFound
from ...live.all_tasks import Expired, Missed
from ...live.hub import HubClosed
from ..request_token import subprotocol
from ..rights import Refusal
from ..state import api_of
from .socket_writer import reason_of
from .task_watcher import RESTART, UNKNOWN

logger = logging.getLogger(__name__)

# Close codes. After 1013 a client reconnects.
FAILED: Final = 1011
TRY_LATER: Final = 1013
NOBODY: Final = 4401
FORBIDDEN: Final = 4403
INVALID: Final = 4422
TOO_MANY: Final = 4429
AWAY: Final = "the progress store does not answer"
OVER: Final = "the token has expired or was revoked"
MISSED: Final = "updates were missed: connect again, then read the list"


def code_of(error: Exception) -> tuple[int, str]:
    """The code and reason with which an error closes a socket, or ends one of its watches; a fault
    of the service is logged."""
    match error:
        case TaskNotFound():
            return UNKNOWN, str(error)
        case Expired():
            return NOBODY, OVER
        case HubClosed():
            return RESTART, "the service restarts"
        case StoreUnavailable():
            return TRY_LATER, AWAY
        case Missed():
            return TRY_LATER, MISSED
        case ForeignValue():
            return FAILED, str(error)
        case _:
            logger.error("the updates of a WebSocket failed", exc_info=error)
            return FAILED, ""


@asynccontextmanager
async def closing(websocket: WebSocket) -> AsyncIterator[None]:
    """Closes the socket with a code that names the reason, when the block raises."""
    try:
        yield
        return
    except WebSocketDisconnect:
        return
    except Exception as error:  # each has its code
        code, reason = code_of(error)
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(code, reason_of(reason))


async def refuse(websocket: WebSocket, code: int, reason: str) -> None:
    """Accepts the socket and closes it: before that a page would get neither code nor reason, and
    reconnect again and again."""
    await websocket.accept(subprotocol(websocket.scope))
    await websocket.close(code, reason_of(reason))


async def counted(websocket: WebSocket) -> Callable[[], None] | None:
    """Counts a socket as one of its client's, until the function that is returned is called; None
    if there are too many: then the socket was closed."""
    api = api_of(websocket)
    found = api.limits.of_stream(websocket.scope)
    if not isinstance(found, Refusal):
        return found
    api.measured.refusal(found)
    await refuse(websocket, TOO_MANY, found.detail)
    return None


def first_of(error: ValidationError) -> str:
    """The first error of a query or message, in one line."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
