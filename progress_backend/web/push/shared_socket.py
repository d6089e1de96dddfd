"""The WebSocket that several watches share: one line for all tasks and workflows of a page.

A client names each watch itself and says what to watch, and with which token; it is answered by
that name. Whoever opens the socket has seen nothing yet: each watch is asked for its right, as it
begins and as long as it lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from ..callers import with_token
from ..openapi import parameters, queries, schemas
from ..request_token import subprotocol, take_query_token
from ..rights import Refusal, Resource
from ..state import Api, api_of, may
from . import closes
from .shared_writer import SharedLine, SharedWriter
from .socket_writer import reason_of
from .sources import Source, TaskSource, WorkflowSource
from .task_watcher import ENDED, RESTART, Watcher

router = APIRouter(prefix="/internal")

#: Most watches of a socket.
MOST: Final = 256
#: Seconds after which a socket without a watch is closed, and how often that is looked at.
IDLE_S: Final = 30.0
#: Ends that are the socket's, not one watch's: its client connects again and asks for all of them.
_OF_ALL: Final = {RESTART: "the service restarts", closes.TRY_LATER: closes.AWAY}


@router.websocket("/ws/watch")
async def watch(websocket: WebSocket) -> None:
    """Sends the updates of each task and workflow that the client's messages name."""
    take_query_token(websocket.scope)
    api = api_of(websocket)
    if (refusal := api.access.refusal(websocket.scope)) is not None:
        api.measured.refusal(refusal)
        await closes.refuse(websocket, closes.FORBIDDEN, refusal.detail)
        return
    try:
        asked = queries.Watching.model_validate(dict(websocket.query_params))
    except ValidationError as error:
        await closes.refuse(websocket, closes.INVALID, closes.first_of(error))
        return
    if (uncount := await closes.counted(websocket)) is None:
        return
    try:
        await _serve(websocket, api, asked.heartbeat)
    finally:
        uncount()


async def _serve(websocket: WebSocket, api: Api, every: int | None) -> None:
    await websocket.accept(subprotocol(websocket.scope))
    watches = _Watches(api, websocket)
    heartbeats = api.listener.heartbeats
    if every is not None:
        heartbeats.join(every, watches.writer.beat)
    reading = asyncio.create_task(watches.read())
    try:
        end = await _end(reading, watches)
        if end is not None:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await websocket.close(end[0], reason_of(end[1]))
    finally:
        if every is not None:
            heartbeats.leave(every, watches.writer.beat)
        reading.cancel()
        await asyncio.wait([reading])
        watches.end()


async def _end(reading: asyncio.Task[None], watches: _Watches) -> tuple[int, str] | None:
    """The code and reason to close the socket with; None once its client has gone."""
    while True:
        ends: list[asyncio.Future[Any]] = [reading, watches.over]
        done, _ = await asyncio.wait(ends, timeout=IDLE_S, return_when=asyncio.FIRST_COMPLETED)
        if watches.over in done:
            return watches.over.result()
        if reading in done:
            error = reading.exception()
            return closes.code_of(error) if isinstance(error, Exception) else None
        if not len(watches):
            return ENDED, "nothing is watched"


class _Watches:
    """The watches of one socket, each by the name that its client gave it."""

    def __init__(self, api: Api, websocket: WebSocket) -> None:
        self._api = api
        self._websocket = websocket
        self._of: dict[str, _Watch] = {}
        self.writer = SharedWriter(websocket, api.hub.counts, self._ended)
        #: The code and reason with which the socket is to be closed.
        self.over: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def __len__(self) -> int:
        return len(self._of)

    async def read(self) -> None:
        """Takes the client's messages until it has gone."""
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            if len(self._of) >= MOST:  # some have ended, and wait for their client to take that
                await self.writer.room()
            await self._take(message.get("text") or "")

    async def _take(self, text: str) -> None:
        body: Any = None
        try:
            body = json.loads(text)
            asked = schemas.Asked.model_validate(body)
        except ValidationError as error:
            self._invalid(body, closes.first_of(error))
        except (ValueError, RecursionError):
            self._invalid(None, "a message is no JSON")
        else:
            self._leave(str(asked.watch or asked.leave))
            if asked.watch is not None:
                await self._watch(asked.watch, asked)

    def _invalid(self, body: Any, reason: str) -> None:
        """Refuses the watch that a message names, or closes the socket where it names none."""
        name = body.get("watch") if isinstance(body, dict) else None
        if isinstance(name, str) and 1 <= len(name) <= schemas.MAX_WATCH_NAME:
            self._leave(name)
            self._add(name, TaskSource(self._api, "")).line.close(closes.INVALID, reason)
        else:
            self._close(closes.INVALID, reason)

    async def _watch(self, name: str, asked: schemas.Asked) -> None:
        if asked.task_id is not None:
            watched = Resource("task", asked.task_id)
            watch = self._add(name, TaskSource(self._api, asked.task_id))
        else:
            watched = Resource("workflow", asked.workflow_id)
            watch = self._add(name, WorkflowSource(self._api, str(asked.workflow_id)))
        if len(self._of) > MOST:
            watch.line.close(closes.TOO_MANY, f"a socket has at most {MOST} watches")
            return
        scope = with_token(self._websocket.scope, asked.token)
        try:
            if (refusal := await may(scope, "read", watched)) is not None:
                code = closes.NOBODY if refusal.status == 401 else closes.FORBIDDEN
                self._refuse(watch, code, refusal)
            elif not parameters.is_task_id(str(watched.id)):
                raise watch.source.missing()
            elif isinstance(counted := self._api.limits.of_stream(scope), Refusal):
                self._refuse(watch, closes.TOO_MANY, counted)
            else:
                watch.ends.append(counted)
                over = partial(watch.line.close, closes.NOBODY, closes.OVER)
                watch.ends.append(self._api.callers.watch(scope, over))
                await watch.begin()
        except Exception as error:  # each has its code
            watch.line.close(*closes.code_of(error))

    def _refuse(self, watch: _Watch, code: int, refusal: Refusal) -> None:
        self._api.measured.refusal(refusal)
        watch.line.close(code, refusal.detail)

    def _add(self, name: str, source: Source) -> _Watch:
        watch = self._of[name] = _Watch(name, source, self._api, self.writer)
        return watch

    def _leave(self, name: str) -> None:
        if (watch := self._of.pop(name, None)) is not None:
            watch.end()

    def _ended(self, line: SharedLine, code: int) -> None:
        """A watch's client was told that it has ended."""
        watch = self._of.get(line.name)
        if watch is not None and watch.line is line:  # else its name is another's by now
            self._leave(line.name)
        if code in _OF_ALL:
            self._close(code, _OF_ALL[code])

    def _close(self, code: int, reason: str) -> None:
        if not self.over.done():
            self.over.set_result((code, reason))

    def end(self) -> None:
        """Ends all watches, since the socket has ended."""
        self.writer.cancel()
        for name in tuple(self._of):
            self._leave(name)


class _Watch:
    """A task or workflow that the socket watches, from its current state to its end."""

    def __init__(self, name: str, source: Source, api: Api, writer: SharedWriter) -> None:
        self.source = source
        self.line = SharedLine(name, writer)
        self._watcher = Watcher(source, self.line, api.settings.lease_s, api.store.now)
        #: What ends it.
        self.ends: list[Callable[[], None]] = [self._watcher.stop, self.line.forget]

    async def begin(self) -> None:
        """Sends the current state and, from then on, each update; raises as `Source` does."""
        self.ends.append(partial(self.source.leave, self._watcher))
        await self.source.join(self._watcher)
        # The subscription is confirmed: every commit that the snapshot does not have is received.
        self._watcher.begin(await self.source.snapshot())

    def end(self) -> None:
        """Sends nothing more."""
        for end in self.ends:
            end()
