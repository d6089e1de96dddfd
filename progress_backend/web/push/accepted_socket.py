"""A WebSocket from its request to its end: who may open it, its writer, and what ends with it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from starlette.websockets import WebSocketState

from ...record.default_texts import Locale, wished
from ...record.responses import Languages
from ..callers import languages_of
from ..request_token import subprotocol
from ..rights import Refusal, Resource
from ..route_table import TABLE, Right, Row, query_of, resource_of
from ..state import Api, access_of, api_of, may
from . import closes
from .socket_writer import SocketWriter

Query = TypeVar("Query", bound=BaseModel)
T = TypeVar("T")


class Socket:
    """A WebSocket; use it in the order of its methods."""

    __slots__ = ("_ends", "api", "kept", "watched", "websocket", "writer")

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        #: What its path names; None of a socket that any caller may open.
        self.watched: Resource | None = None
        #: Whether it is open after the application's task.
        self.kept = False
        self._ends: list[Callable[[], None]] = []
        self.api = api_of(websocket)
        self.writer = SocketWriter(websocket.scope, self.api.listener.watches.counts)

    async def admit(self, empty: Query, right: Right | None) -> Query:
        """The parsed query, `empty` without one, if page and caller may open the socket, and the
        client has not too many. Without a right any caller may.

        Raises:
            Refused: they may not.
            ValidationError: the query is wrong.
            StoreUnavailable: a record that decides cannot be read.
        """
        scope, api = self.websocket.scope, self.api
        passed(api, access_of(scope).refusal(scope))
        if right is not None:
            self.watched = resource_of(right, scope)
            passed(api, await may(scope, right[0], self.watched))
        asked = empty
        if scope["query_string"]:
            asked = empty.model_validate(dict(query_of(scope)))
        self.on_close(passed(api, api.limits.of_stream(scope)))
        if right is not None:
            self.on_close(api.callers.watch(scope, self.writer.expire))
        return asked

    @property
    def locale(self) -> Locale | None:
        """The language that the client wishes."""
        sent = dict(reversed(self.websocket.scope["headers"])).get(b"accept-language", b"")
        return wished(sent.decode("latin-1"))

    @property
    def languages(self) -> Languages:
        """See `languages_of`."""
        return languages_of(self.websocket.scope, self.locale, self.api.settings)

    async def accept(self) -> None:
        """Accepts the socket."""
        await self.writer.accept(self.websocket)

    def send_heartbeat(self, every: int | None) -> None:
        """Sends heartbeats each so many seconds, if it is not None."""
        if every is not None:
            heartbeats, beat = self.api.listener.heartbeats, self.writer.send_heartbeat
            heartbeats.join(every, beat)
            self.on_close(partial(heartbeats.leave, every, beat))

    async def stay(self) -> None:
        """Leaves the socket open; messages of the client are ignored."""
        if (connection := self.writer.connection) is not None:
            del self.websocket
            self.kept = True
            connection.keep(self.end)
            return
        # Only reading notices that the client has disconnected.
        while (await self.websocket.receive())["type"] != "websocket.disconnect":
            pass

    def on_close(self, end: Callable[[], None]) -> None:
        """Calls a function as the socket ends."""
        self._ends.append(end)

    def end(self) -> None:
        """Ends all that ends with the socket."""
        self.writer.cancel()
        ends, self._ends = self._ends, []
        for end in ends:
            end()


Serve = Callable[[Socket, Query], Awaitable[None]]


def socket_route(
    router: APIRouter, path: str, right: Right | None, query: type[Query]
) -> Callable[[Serve[Query]], Serve[Query]]:
    """A decorator of the function that serves a socket: it gets the socket, which its caller has
    the right to open, and what its query asks for; what it raises closes the socket with a code. It
    puts the row in the table of routes."""

    empty = query()

    def noted(serve: Serve[Query]) -> Serve[Query]:
        async def endpoint(websocket: WebSocket) -> None:
            socket = Socket(websocket)
            try:
                await serve(socket, await socket.admit(empty, right))
            except WebSocketDisconnect:
                pass
            except Exception as error:  # each has its code
                socket.end()
                await _close(websocket, *closes.code_of(error))
            finally:
                if not socket.kept:
                    socket.end()

        endpoint.__doc__ = serve.__doc__
        TABLE[endpoint] = Row(path, right, {})
        router.add_api_websocket_route(path, endpoint)
        return serve

    return noted


def passed(api: Api, answer: Refusal | T) -> T:
    """The answer to a socket or watch, if that is none of a refusal, which is counted.

    Raises:
        SocketRefused: it is refused.
    """
    if isinstance(answer, Refusal):
        api.measured.refusal(answer)
        raise closes.SocketRefused(answer)
    return answer


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        if websocket.application_state is WebSocketState.CONNECTING:
            # Before that a page would get neither code nor reason, and reconnect again and again.
            await websocket.accept(subprotocol(websocket.scope))
        await websocket.close(code, closes.reason_of(reason))
