"""Updates over WebSockets: of one task, or of all that pass a filter."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from ..commands import Filters
from ..errors import StoreUnavailable, TaskNotFound
from ..hub import HubClosed
from . import schemas
from .following import follow
from .state import api_of

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/internal")

# Close codes. 1012 and 1013 tell a client to come back.
ENDED = 1000
FAILED = 1011
RESTART = 1012
TRY_LATER = 1013
UNKNOWN = 4404
INVALID = 4422
#: Longest reason that a close frame can hold, in bytes.
_REASON = 123
AWAY = "the progress store does not answer"


@router.websocket("/ws/task/{task_id:path}")
async def watch_task(websocket: WebSocket, task_id: str) -> None:
    """Tells the current state, then each update, until the task has ended."""
    api = api_of(websocket)
    await websocket.accept()

    async def tell() -> None:
        async with contextlib.aclosing(follow(api, task_id)) as updates:
            async for update in updates:
                if update is not None and update.message is not None:
                    await websocket.send_text(update.message)

    await _talk(websocket, tell)


@router.websocket("/ws/tasks")
async def watch_tasks(websocket: WebSocket) -> None:
    """Tells each update of all tasks that pass the list's filters."""
    api = api_of(websocket)
    try:
        asked = schemas.Filter.model_validate(dict(websocket.query_params))
    except ValidationError as error:
        await _refuse(websocket, INVALID, _first(error))
        return
    filters = Filters(asked.status, asked.task_type, asked.symbol)
    async with contextlib.AsyncExitStack() as watching:
        try:
            inbox = await watching.enter_async_context(api.listener.watching_all(filters))
        except StoreUnavailable:
            await _refuse(websocket, TRY_LATER, AWAY)
            return
        # All is heard from now on: who reads the list once the socket is open misses nothing.
        await websocket.accept()

        async def tell() -> NoReturn:
            while True:
                await websocket.send_text(await inbox.get())

        await _talk(websocket, tell)


async def _talk(websocket: WebSocket, tell: Callable[[], Awaitable[None]]) -> None:
    """Tells until there is no more to tell or the client goes."""
    telling = asyncio.create_task(_tell(websocket, tell))
    try:
        # Reading is how a client's going is noticed; what a client says is not ours to hear.
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
    finally:
        telling.cancel()
        await asyncio.wait([telling])


async def _tell(websocket: WebSocket, tell: Callable[[], Awaitable[None]]) -> None:
    try:
        await tell()
        code, reason = ENDED, "the task has ended"
    except WebSocketDisconnect:
        return
    except TaskNotFound as error:
        code, reason = UNKNOWN, str(error)
    except HubClosed:
        code, reason = RESTART, "the service restarts"
    except StoreUnavailable:
        code, reason = TRY_LATER, AWAY
    except Exception:
        logger.exception("a socket's updates failed")
        code, reason = FAILED, ""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(code, _fitting(reason))


async def _refuse(websocket: WebSocket, code: int, reason: str) -> None:
    # Before accept() a close code would reach the client as HTTP 403.
    await websocket.accept()
    await websocket.close(code, _fitting(reason))


def _first(error: ValidationError) -> str:
    """What is wrong, in one line."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"


def _fitting(reason: str) -> str:
    return reason.encode()[:_REASON].decode(errors="ignore")
