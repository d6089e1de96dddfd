"""WebSocket routes for the updates of one task, of one workflow, or of all tasks that pass a
filter."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter

from ...live.all_tasks import ALL
from ...live.update import Update
from ...operations.lists import Filters
from ...record import messages
from ...record.responses import Languages
from ..callers import caller_of
from ..openapi import queries
from . import closes
from .accepted_socket import Socket, socket_route
from .socket_writer import SocketWriter
from .task_watcher import Watcher

router = APIRouter(prefix="/internal")

#: The message that updates were missed: the client has to read the list again.
RELOAD: Final = messages.reload_message().decode()
#: Most characters that wait for one socket of all tasks, besides the newest message.
MOST_CHARACTERS: Final = 128 * 1024


@socket_route(router, "/ws/workflow/{workflow_id:path}", ("read", "workflow"), queries.Watching)
@socket_route(router, "/ws/task/{task_id:path}", ("read", "task"), queries.Watching)
async def watch(socket: Socket, asked: queries.Watching) -> None:
    """Sends the current state of a task or workflow, then each update, until it has ended."""
    assert socket.watched is not None
    await socket.accept()
    watcher = Watcher(socket.api, socket.watched, socket.writer, socket.languages)
    socket.on_close(watcher.leave)
    await watcher.join()
    socket.send_heartbeat(asked.heartbeat)
    await socket.stay()


@socket_route(router, "/ws/tasks", ("list", "tasks"), queries.WatchQuery)
async def watch_tasks(socket: Socket, asked: queries.WatchQuery) -> None:
    """Sends each update of all tasks that pass the list's filters."""
    filters = Filters(asked.status, asked.task_type, asked.symbol, owner=asked.owner)
    caller, watches = caller_of(socket.websocket.scope), socket.api.listener.watches
    only = Filters(task_type=caller.task_type, owner=caller.owner)
    reloads = asked.heartbeat is not None
    every = AllTasks(socket.writer, filters, only, socket.languages, reloads=reloads)
    socket.on_close(partial(watches.leave, "all", "", every))
    await watches.join("all", "", every)
    # Every update is received from now on: a client that reads the list once the socket is open
    # misses none.
    await socket.accept()
    socket.send_heartbeat(asked.heartbeat)
    await socket.stay()


class AllTasks:
    """All tasks' updates for one socket. What waits is bounded: where it is too much, the client
    gets a message to read the list again, which has what it missed."""

    __slots__ = ("_languages", "_reloads", "_writer", "filters", "only")
    values = True

    def __init__(
        self,
        writer: SocketWriter,
        filters: Filters = ALL,
        only: Filters = ALL,
        languages: Languages = (None, None),
        *,
        reloads: bool,
    ) -> None:
        self._writer = writer
        self._languages = languages
        self.filters, self.only = filters, only
        #: Whether the client knows `RELOAD`.
        self._reloads = reloads

    def put(self, update: Update) -> None:
        """Sends an update, or keeps it until there is room."""
        if not self._writer.begun:
            return
        update = update.in_language(*self._languages)
        self._writer.put(update)
        if self._writer.characters - len(update.message or "") > MOST_CHARACTERS:
            self.reload()

    def reload(self) -> None:
        """Has the client read the list again, or connect again."""
        if not self._writer.begun:
            return
        self._writer.clear()
        if self._reloads:
            self._writer.send_text((RELOAD,), RELOAD)
        else:
            self._writer.close(closes.TRY_LATER, closes.MISSED)

    def close(self) -> None:
        """Closes the socket since the service shuts down."""
        self._writer.close(closes.RESTART, closes.RESTARTS)
