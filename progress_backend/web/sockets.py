"""A task's updates over a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from ..errors import StoreUnavailable
from ..hub import HubClosed, Mailbox
from ..update import Update
from . import schemas
from .state import Api, api_of

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/internal")

# Close codes. 1012 and 1013 tell a client to come back.
ENDED = 1000
FAILED = 1011
RESTART = 1012
TRY_LATER = 1013
UNKNOWN = 4404


@router.websocket("/ws/task/{task_id:path}")
async def watch_task(websocket: WebSocket, task_id: str) -> None:
    """Tells the current state, then each update, until the task has ended."""
    api = api_of(websocket)
    # Before accept() a close code would reach the client as HTTP 403.
    await websocket.accept()
    following = asyncio.create_task(_follow(websocket, api, task_id))
    try:
        # Reading is how a client's going is noticed; what a client says is not ours to hear.
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass
    finally:
        following.cancel()
        await asyncio.wait([following])


async def _follow(websocket: WebSocket, api: Api, task_id: str) -> None:
    try:
        code, reason = await _tell(websocket, api, task_id)
    except WebSocketDisconnect:
        return
    except HubClosed:
        code, reason = RESTART, "the service restarts"
    except StoreUnavailable:
        code, reason = TRY_LATER, "the progress store does not answer"
    except Exception:
        logger.exception("following task %s failed", task_id)
        code, reason = FAILED, ""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(code, reason)


async def _tell(websocket: WebSocket, api: Api, task_id: str) -> tuple[int, str]:
    """Sends until there is nothing more to come; why."""
    if not schemas.is_task_id(task_id):
        return UNKNOWN, "no such task"
    async with api.listener.watching(task_id) as mailbox:
        # The subscription stands, so whatever the snapshot does not hold yet will be heard.
        epoch = api.listener.epoch
        update = Update.of(await api.store.run(api.flows.body(task_id)), epoch)
        if update.message is None:
            return UNKNOWN, "no such task"
        while True:
            if update.message is not None:
                await websocket.send_text(update.message)
            if update.ended and not update.suspected:
                return ENDED, "the task has ended"
            # A lost run may speak again, and a lost record may be written again.
            waits = update.suspected or update.message is None
            try:
                async with asyncio.timeout(api.settings.lease_s if waits else None):
                    update = await _news(mailbox, update)
            except TimeoutError:
                if update.message is None:
                    return UNKNOWN, "the task's record is gone"
                return ENDED, "the task has ended"


async def _news(mailbox: Mailbox[Update], known: Update) -> Update:
    while True:
        update = await mailbox.get()
        if update.says_more_than(known):
            return update
