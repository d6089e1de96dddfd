"""WebSocket routes for the updates of one task, of one workflow, or of all tasks that pass a
filter."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import NoReturn

from fastapi import APIRouter, WebSocket
from pydantic import ValidationError

from ...errors import StoreUnavailable
from ...flows.commands import Filters
from ...live.all_tasks import Inbox
from ..callers import caller_of
from ..openapi import parameters, queries
from ..request_token import subprotocol, take_query_token
from ..rights import Action, Resource
from ..route_rights import listed
from ..server.offered_connection import connection_of
from ..state import api_of, may
from . import closes
from .closes import AWAY, FORBIDDEN, INVALID, NOBODY, OVER, TRY_LATER, closing, first_of, refuse
from .socket_writer import SocketWriter
from .sources import Source, TaskSource, WorkflowSource
from .task_watcher import Watcher

router = APIRouter(prefix="/internal")


@router.websocket("/ws/task/{task_id:path}")
async def watch_task(websocket: WebSocket, task_id: str) -> None:
    """Sends the task's current state, then each update, until the task has ended."""
    source = TaskSource(api_of(websocket), task_id)
    await _watch(websocket, source, Resource("task", task_id), task_id)


@router.websocket("/ws/workflow/{workflow_id:path}")
async def watch_workflow(websocket: WebSocket, workflow_id: str) -> None:
    """Sends the workflow's current state, then updates, until it has ended."""
    source = WorkflowSource(api_of(websocket), workflow_id)
    await _watch(websocket, source, Resource("workflow", workflow_id), workflow_id)


async def _watch(websocket: WebSocket, source: Source, watched: Resource, its_id: str) -> None:
    if await _refused(websocket, "read", watched):
        return
    heartbeat = None
    if websocket.scope["query_string"]:
        try:
            asked = queries.Watching.model_validate(dict(websocket.query_params))
        except ValidationError as error:
            await refuse(websocket, INVALID, first_of(error))
            return
        heartbeat = asked.heartbeat
    if (uncount := await closes.counted(websocket)) is None:
        return
    kept = False
    try:
        kept = await _kept(websocket, source, heartbeat, its_id, uncount)
    finally:
        if not kept:
            uncount()


async def _kept(
    websocket: WebSocket,
    source: Source,
    heartbeat: int | None,
    its_id: str,
    uncount: Callable[[], None],
) -> bool:
    """Serves a socket; True if it stays open after this, and calls `uncount` as it closes."""
    api = api_of(websocket)
    await websocket.accept(subprotocol(websocket.scope))
    writer = SocketWriter(websocket, api.hub.counts)
    watcher = Watcher(source, writer, api.settings.lease_s, api.store.now)

    def gone() -> None:
        watcher.stop()
        writer.cancel()
        source.leave(watcher)
        unwatch_token()
        if heartbeat is not None:
            api.listener.heartbeats.leave(heartbeat, writer.beat)

    def closed() -> None:
        gone()
        uncount()

    def over() -> None:
        writer.close(NOBODY, OVER)

    connection = connection_of(websocket)
    async with closing(websocket), contextlib.AsyncExitStack() as unless_kept:
        if not parameters.is_task_id(its_id):
            raise source.missing()
        unwatch_token = api.callers.watch(websocket.scope, over)
        unless_kept.callback(gone)
        await source.join(watcher)
        # The subscription is confirmed: every commit that the snapshot does not have is received.
        watcher.begin(await source.snapshot())
        if heartbeat is not None:
            api.listener.heartbeats.join(heartbeat, writer.beat)
        if connection is None:
            await _disconnected(websocket)
        else:
            unless_kept.pop_all()
            connection.keep(closed)
            return True
    return False


@router.websocket("/ws/tasks")
async def watch_tasks(websocket: WebSocket) -> None:
    """Sends each update of all tasks that pass the list's filters."""
    api = api_of(websocket)
    take_query_token(websocket.scope)
    if await _refused(websocket, "list", listed(websocket.scope)):
        return
    try:
        asked = queries.WatchQuery.model_validate(dict(websocket.query_params))
    except ValidationError as error:
        await refuse(websocket, INVALID, first_of(error))
        return
    if (uncount := await closes.counted(websocket)) is None:
        return
    filters = Filters(asked.status, asked.task_type, asked.symbol, owner=asked.owner)
    caller = caller_of(websocket.scope)
    async with contextlib.AsyncExitStack() as watching:
        watching.callback(uncount)
        try:
            inbox = await watching.enter_async_context(
                api.listener.watches.all(
                    filters,
                    reloads=asked.heartbeat is not None,
                    only=Filters(task_type=caller.task_type, owner=caller.owner),
                )
            )
        except StoreUnavailable:
            await refuse(websocket, TRY_LATER, AWAY)
            return
        # Every update is received from now on: a client that reads the list once the socket is open
        # misses none.
        await websocket.accept(subprotocol(websocket.scope))
        watching.callback(api.callers.watch(websocket.scope, inbox.expire))
        if (connection := connection_of(websocket)) is not None:
            inbox.lead_past(connection.write)
        if asked.heartbeat is not None:
            api.listener.heartbeats.join(asked.heartbeat, inbox.beat)
            watching.callback(api.listener.heartbeats.leave, asked.heartbeat, inbox.beat)
        sending = asyncio.create_task(_send_all(websocket, inbox))
        try:
            await _disconnected(websocket)
        finally:
            sending.cancel()
            await asyncio.wait([sending])


async def _send_all(websocket: WebSocket, inbox: Inbox) -> NoReturn:
    async with closing(websocket):
        while True:
            await websocket.send_text(await inbox.get())


async def _disconnected(websocket: WebSocket) -> None:
    """Waits until the client has disconnected or the socket is closed."""
    # Only reading notices that; messages of clients are ignored.
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _refused(websocket: WebSocket, action: Action, watched: Resource) -> bool:
    """Whether the socket was closed since its page or its caller may not watch this."""
    take_query_token(websocket.scope)
    refusal = api_of(websocket).access.refusal(websocket.scope)
    try:
        refusal = refusal or await may(websocket.scope, action, watched)
    except StoreUnavailable:
        await refuse(websocket, TRY_LATER, AWAY)
        return True
    if refusal is None:
        return False
    api_of(websocket).measured.refusal(refusal)
    await refuse(websocket, NOBODY if refusal.status == 401 else FORBIDDEN, refusal.detail)
    return True
