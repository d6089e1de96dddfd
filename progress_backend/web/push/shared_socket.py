"""The WebSocket that several watches share: one line for all tasks and workflows of a page.

A client names each watch itself and says what to watch, and with which token; it is answered by
that name. Whoever opens the socket has seen nothing yet: each watch is asked for its right, as it
begins and as long as it lives.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.types import Scope

from ...live.update import Update
from ...operations.lists import Filters
from ..callers import caller_of, languages_of, with_token
from ..openapi import queries, schemas
from ..rights import Resource
from ..state import may
from . import closes
from .accepted_socket import Socket, passed, socket_route
from .task_watcher import Watcher
from .websockets import RELOAD

router = APIRouter(prefix="/internal")

#: Most watches of a socket, and of these that begin at one time: each waits for the store.
MOST: Final = 256
BEGIN: Final = 32
#: Seconds after which a socket without a watch is closed, and how often that is looked at.
IDLE_S: Final = 30.0
#: Ends that are the socket's, not one watch's: its client connects again and asks for all of them.
_OF_ALL: Final = {closes.RESTART: closes.RESTARTS, closes.TRY_LATER: closes.AWAY}


@socket_route(router, "/ws/watch", None, queries.Watching)
async def watch(socket: Socket, asked: queries.Watching) -> None:
    """Sends the updates of each task and workflow that the client's messages name."""
    await socket.accept()
    socket.send_heartbeat(asked.heartbeat)
    watches = _Watches(socket)
    socket.on_close(watches.end)
    await watches.read()


class _Watches:
    """The watches of one socket, each by the name that its client gave it."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self._of: dict[str, _Watch] = {}
        self._free = asyncio.Semaphore(BEGIN)
        self._begin = set[asyncio.Task[None]]()
        self._idle = self._look_later()

    async def read(self) -> None:
        """Takes the client's messages until it has gone."""
        writer = self.socket.writer
        while (message := await self.socket.websocket.receive())["type"] != "websocket.disconnect":
            if len(writer) > MOST:  # also of ended watches, if the client reads nothing
                await writer.drained()
            if not writer.closes:
                await self._take(message.get("text") or "")

    async def _take(self, text: str) -> None:
        body: Any = None
        try:
            body = json.loads(text)
            asked = schemas.WatchMessage.model_validate(body)
        except ValidationError as error:
            self._invalid(body, closes.code_of(error)[1])
        except (ValueError, RecursionError):
            self._invalid(None, "a message is not JSON")
        else:
            self._leave(str(asked.watch or asked.leave))
            if asked.watch is not None:
                await self._watch(asked.watch, asked)

    def _invalid(self, body: Any, reason: str) -> None:
        """Refuses the watch that a message names, or closes the socket where it names none."""
        name = body.get("watch") if isinstance(body, dict) else None
        if isinstance(name, str) and 1 <= len(name) <= schemas.MAX_WATCH_NAME:
            self._leave(name)
            self._add(name).close(closes.INVALID, reason)
        else:
            self.socket.writer.close(closes.INVALID, reason)

    async def _watch(self, name: str, asked: schemas.WatchMessage) -> None:
        watch = self._add(name)
        if len(self._of) > MOST:
            watch.close(closes.TOO_MANY, f"a socket has at most {MOST} watches")
            return
        if asked.task_id is not None:
            watched = Resource("task", asked.task_id)
        elif asked.owner is not None:
            watched = Resource("tasks", owner=asked.owner)
        else:
            watched = Resource("workflow", asked.workflow_id)
        await self._free.acquire()
        scope = with_token(self.socket.websocket.scope, asked.token)
        task = asyncio.create_task(watch.begin(watched, scope))
        self._begin.add(task)
        task.add_done_callback(self._begun)

    def _begun(self, task: asyncio.Task[None]) -> None:
        self._begin.discard(task)
        self._free.release()

    def _add(self, name: str) -> _Watch:
        watch = self._of[name] = _Watch(name, self)
        return watch

    def _leave(self, name: str) -> None:
        if (watch := self._of.pop(name, None)) is not None:
            watch.end()
        for key in (name, (name,)):
            self.socket.writer.discard(key)

    def closed(self, watch: _Watch, code: int, reason: str) -> None:
        """Ends a watch, and sends the client the reason."""
        if self._of.get(watch.name) is not watch:
            return
        del self._of[watch.name]
        # Not now: an update may be on its way to other receivers.
        asyncio.get_running_loop().call_soon(watch.end)
        why = json.dumps(closes.reason_of(reason), ensure_ascii=False)
        text = f'{{"watch":{json.dumps(watch.name)},"code":{code},"reason":{why}}}'
        self.socket.writer.send_text((watch.name,), text)
        if code in _OF_ALL:
            self.socket.writer.close(code, _OF_ALL[code])

    def _look_later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(IDLE_S, self._look)

    def _look(self) -> None:
        if self._of or len(self.socket.writer):
            self._idle = self._look_later()
        else:
            self.socket.writer.close(closes.ENDED, "nothing is watched")

    def end(self) -> None:
        """Ends all watches, since the socket has ended."""
        self._idle.cancel()
        for name in tuple(self._of):
            self._leave(name)


class _Watch:
    """A task or workflow that the socket watches: its watcher writes here as to a socket of its
    own."""

    def __init__(self, name: str, watches: _Watches) -> None:
        self.name = name
        self._watches = watches
        #: What ends with it, and whether it has ended.
        self._ends: list[Callable[[], None]] = []
        self._over = False

    async def begin(self, watched: Resource, scope: Scope) -> None:
        """Sends the current state and, from then on, each update; or why it cannot be watched."""
        try:
            await self._join(watched, scope)
        except Exception as error:  # each has its code
            self.close(*closes.code_of(error))
        finally:
            if self._over:
                self.end()

    async def _join(self, watched: Resource, scope: Scope) -> None:
        api = self._watches.socket.api
        passed(api, await may(scope, "list" if watched.kind == "tasks" else "read", watched))
        self._ends.append(passed(api, api.limits.of_stream(scope)))
        over = partial(self.close, closes.UNAUTHORIZED, closes.OVER)
        self._ends.append(api.callers.watch(scope, over))
        if watched.kind == "tasks":
            caller, watches = caller_of(scope), api.listener.watches
            only = Filters(task_type=caller.task_type, owner=caller.owner)
            owners = OwnersTasks(self, Filters(owner=watched.owner), only)
            self._ends.append(partial(watches.leave, "all", "", owners))
            await watches.join("all", "", owners)
            owners.reload()
            return
        languages = languages_of(scope, self._watches.socket.locale, api.settings)
        watcher = Watcher(api, watched, self, languages)
        self._ends.append(watcher.leave)
        await watcher.join()

    def put(self, update: Update) -> None:
        """Sends the update, or keeps it, in place of an older one, until there is room."""
        self.send(update.message)

    def send(self, message: str | None) -> None:
        """Sends a message, as `put`."""
        if not self._over:
            text = f'{{"watch":{json.dumps(self.name)},"update":{message}}}'
            self._watches.socket.writer.send_text(self.name, text)

    def close(self, code: int, reason: str) -> None:
        """Sends the client, after the last update, that no more will come."""
        self._watches.closed(self, code, reason)

    def end(self) -> None:
        """Sends nothing more; if it is about to begin, it ends once it has."""
        ends, self._ends, self._over = self._ends, [], True
        for end in ends:
            end()


class OwnersTasks:
    """A watch of an owner's tasks: its client gets a message to read the list again, at first and
    when one of the tasks is created or changes its status. The values of a task have a watch of
    their own."""

    __slots__ = ("_watch", "filters", "only")
    values = False

    def __init__(self, watch: _Watch, filters: Filters, only: Filters) -> None:
        self._watch, self.filters, self.only = watch, filters, only

    def put(self, update: Update) -> None:
        """See `Follower`."""
        # The first update that this process gets of a task is sent to all.
        if self.filters.passes(update.facets):
            self.reload()

    def reload(self) -> None:
        """See `Follower`."""
        self._watch.send(RELOAD)

    def close(self) -> None:
        """Closes the socket since the service shuts down."""
        self._watch.close(closes.RESTART, closes.RESTARTS)
