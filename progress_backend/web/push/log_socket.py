"""WebSocket route for the log of a task."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from ...errors import TaskNotFound
from ...flows import commands as c
from ...flows import task_log
from ...live.all_tasks import Expired
from ...record.json_text import dumps
from ...record.log_line import with_id
from ..openapi import parameters, queries
from ..request_token import subprotocol
from ..rights import Resource
from ..state import api_of
from . import closes
from .closes import INVALID, closing, first_of, refuse
from .event_stream import PING_S
from .log_lines import Line, lines_of, updates_of
from .sources import TaskSource
from .task_watcher import ENDED
from .websockets import disconnected, refused

router = APIRouter(prefix="/internal")


@router.websocket("/ws/log/{task_id:path}")
async def watch_log(websocket: WebSocket, task_id: str) -> None:
    """Sends the lines of the task's log, then each as it comes, until the task has ended."""
    if await refused(websocket, "read", Resource("task", task_id)):
        return
    try:
        asked = queries.LogQuery.model_validate(dict(websocket.query_params))
    except ValidationError as error:
        await refuse(websocket, INVALID, first_of(error))
        return
    if (uncount := await closes.counted(websocket)) is None:
        return
    api = api_of(websocket)
    updates = updates_of(api, task_id, PING_S)
    over = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(uncount)
        stack.callback(api.callers.watch(websocket.scope, over.set))
        stack.push_async_callback(updates.aclose)
        await stack.enter_async_context(closing(websocket))
        await websocket.accept(subprotocol(websocket.scope))
        if not parameters.is_task_id(task_id):
            raise TaskNotFound(task_id)
        await anext(updates)
        part = await api.store.run(task_log.read(task_id, asked.after, asked.limit))
        lines = lines_of(api, task_id, updates, part, asked.after)
        sending = asyncio.create_task(_send(websocket, part, lines))
        expiring = asyncio.create_task(over.wait())
        waiting = (sending, expiring, asyncio.create_task(disconnected(websocket)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if expiring.done():
                raise Expired
            if sending.done():
                sending.result()
                await websocket.close(ENDED, TaskSource.ended)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)


async def _send(websocket: WebSocket, part: c.LogPart, lines: AsyncIterator[Line | None]) -> None:
    """Sends which lines are kept, then each, and how many are gone before one."""
    await websocket.send_text(dumps({"first": part.first, "last": part.last}))
    async for line in lines:
        if line is None:
            continue
        if line.gone:
            await websocket.send_text(dumps({"dropped": line.gone}))
        await websocket.send_text(with_id(line.number, line.text).decode())
