"""Updates of a task or workflow as server-sent events (`EventSource` in a browser)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.types import Receive, Scope, Send

from ...live.heartbeat import Heartbeat
from ...live.receivers import DeliveryCounts
from ...live.update import Update
from ...record.default_texts import Locale, wished
from ..callers import languages_of
from ..fragment import fragment
from ..guard import HEAD, denied
from ..openapi import parameters, queries
from ..rights import Refusal, Resource
from ..route_table import LIMITED, route, text
from ..state import api_of
from ..stored_answer import VARIES
from ..strict_route import StrictRoute
from .socket_writer import HEARTBEAT, SocketWriter
from .task_watcher import Watcher

router = APIRouter(prefix="/internal", route_class=StrictRoute)

#: Seconds between two comments, so that no proxy closes the stream.
PING_S = 15.0
#: Milliseconds after which a browser reconnects.
RETRY_MS: Final = 2_000

_FOLLOWED: Final = LIMITED | {
    200: text("The updates.", "text/event-stream"),
    204: {"description": "The task has ended, and Last-Event-ID names its final event."},
}


class EventWriter(SocketWriter):
    """The writer of one event stream. `kind` None: unnamed events, with the message as data;
    "named": `progress`, and at last one `end`; "html": the same with HTML as data."""

    __slots__ = ("_kind", "_locale")

    def __init__(self, scope: Scope, counts: DeliveryCounts, kind: str | None, locale: Locale):
        super().__init__(scope, counts)
        self._kind = kind
        self._locale = locale

    def put(self, update: Update) -> None:
        """Sends the event of an update, or keeps it until there is room."""
        if update.message is not None:
            self.send_text(update.task_id, self._event(update, update.message))

    def _event(self, update: Update, data: str) -> str:
        name = ""
        if self._kind is not None:
            body = json.loads(data)
            name = f"event: {'end' if body.get('final') else 'progress'}\n"
            if self._kind == "html":
                data = fragment(body, self._locale)
        return f"{name}id: {update.event_id}\ndata: {data}\n\n"

    def send_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Sends a heartbeat as an event with a name of its own, which `onmessage` does not get."""
        name = "heartbeat" if heartbeat.alive else "stale"
        self.send_text(HEARTBEAT, f"event: {name}\ndata: {heartbeat.message}\n\n")

    def send_comment(self, _: Heartbeat) -> None:
        """Sends what keeps a stream alive, for a client that did not ask for heartbeats."""
        self.send_text(HEARTBEAT, ": nothing new\n\n")

    def message(self, text: str) -> dict[str, Any]:
        """A text as ASGI has it."""
        return {"type": "http.response.body", "body": text.encode(), "more_body": True}

    def end_message(self, code: int, reason: str) -> dict[str, Any]:
        """The end as ASGI has it: a client that reconnects gets the status."""
        return {"type": "http.response.body", "body": b"", "more_body": False}


class EventStream(Response):
    """A response with what its writer gets, until there is no more or the client leaves."""

    media_type = "text/event-stream"
    #: nginx would keep the events until its buffer is full.
    ITS_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **VARIES}

    def __init__(self, writer: EventWriter, ends: Iterable[Callable[[], None]]) -> None:
        super().__init__(headers=self.ITS_HEADERS)
        del self.headers["content-length"]
        self._writer = writer
        self._ends = ends

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            await send(self._writer.message(f"retry: {RETRY_MS}\n"))
            self._writer.open(send)
            while (await receive())["type"] != "http.disconnect":  # which the stream's end is, too
                pass
        finally:
            self.end()

    def end(self) -> None:
        """Ends all that ends with the stream."""
        self._writer.cancel()
        for end in self._ends:
            end()


@router.get("/task/{task_id:path}/events", tags=["tasks"])
@route("Follow a task", ("read", "task"), _FOLLOWED)
async def task_events(
    request: Request,
    task_id: parameters.TaskId,
    query: Annotated[queries.Streaming, Query()],
    last_event_id: parameters.LastEventId = None,
) -> Response:
    """Sends server-sent events: the current state, then each update, until the state is final. An
    event's data is the WebSocket's message. Its id is the record's revision, followed by `/final`
    if the state became final without a new revision."""
    return await _events(request, Resource("task", task_id), query, last_event_id)


@router.get("/workflow/{workflow_id:path}/events", tags=["workflows"])
@route("Follow a workflow", ("read", "workflow"), _FOLLOWED)
async def workflow_events(
    request: Request,
    workflow_id: parameters.WorkflowId,
    query: Annotated[queries.Streaming, Query()],
    last_event_id: parameters.LastEventId = None,
) -> Response:
    """Sends server-sent events: the current state, then up to four updates a second, until the
    state is final. An event's data is the WebSocket's message. Its id grows with the record's
    revision, and ends with `/final` if the state became final without a new revision."""
    return await _events(request, Resource("workflow", workflow_id), query, last_event_id)


async def _events(
    request: Request, watched: Resource, query: queries.Streaming, last_event_id: str | None
) -> Response:
    api, scope = api_of(request), request.scope
    counted = api.limits.of_stream(scope)
    if isinstance(counted, Refusal):
        return denied(api, counted)
    locale = wished(request.headers.get("accept-language"))
    about = (query.events, locale or api.settings.locale)
    writer = EventWriter(scope, api.listener.watches.counts, *about)
    watcher = Watcher(api, watched, writer, languages_of(scope, locale, api.settings))
    beats, every = api.listener.heartbeats, query.heartbeat or PING_S
    beat = writer.send_comment if query.heartbeat is None else writer.send_heartbeat
    unwatch = api.callers.watch(scope, writer.expire)
    beats.join(every, beat)
    ends = (watcher.leave, counted, unwatch, partial(beats.leave, every, beat))
    stream = EventStream(writer, ends)
    try:
        await watcher.join()
    except BaseException:
        stream.end()
        raise
    # An EventSource reconnects after every end of a stream.
    first = watcher.known
    if first and last_event_id == first.event_id and first.left_s(api.store.now()) == 0:
        answer = Response(status_code=204)
    elif HEAD in scope:
        answer = Response(headers=stream.ITS_HEADERS, media_type=stream.media_type)
    else:
        return stream
    stream.end()
    return answer
