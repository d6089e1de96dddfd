"""Updates of a task or workflow as server-sent events (`EventSource` in a browser)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ...errors import TaskNotFound
from ...live.receivers import Mailbox, ReceiverClosed
from ...live.update import Update
from ...record.default_texts import Locale, wished
from ..callers import languages_of
from ..fragment import fragment
from ..guard import HEAD, denied
from ..openapi import parameters, queries
from ..rights import Refusal, Resource
from ..route_table import LIMITED, route, text
from ..state import Api, api_of
from ..stored_answer import VARIES
from ..strict_route import RETRY_AFTER, StrictRoute
from . import closes
from .task_watcher import Watcher

router = APIRouter(prefix="/internal", route_class=StrictRoute)

#: Seconds without an update after which a comment is sent, so that no proxy closes the stream.
PING_S = 15.0
#: Milliseconds after which a browser reconnects.
RETRY_MS: Final = 2_000

_FOLLOWED: Final = LIMITED | {
    200: text("The updates.", "text/event-stream"),
    204: {"description": "The task has ended, and Last-Event-ID names its final event."},
}

Updates = AsyncGenerator[Update | None]


class _Events:
    """Updates as events. `kind` None: unnamed, with the message as data; "named": `progress`, and
    at last one `end`; "html": the same with HTML as data."""

    def __init__(self, kind: str | None, locale: Locale) -> None:
        self._kind = kind
        self._locale = locale

    def text(self, update: Update) -> str:
        """The event of an update."""
        if self._kind is None:
            return f"id: {update.event_id}\ndata: {update.message}\n\n"
        body = json.loads(update.message or "{}")
        name = "end" if body.get("final") else "progress"
        if self._kind == "html":
            data = fragment(body, self._locale)
        else:
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return f"event: {name}\nid: {update.event_id}\ndata: {data}\n\n"


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
    api, heartbeat = api_of(request), query.heartbeat
    counted = api.limits.of_stream(request.scope)
    if isinstance(counted, Refusal):
        return denied(api, counted)
    locale = wished(request.headers.get("accept-language"))
    mailbox: Mailbox[Update] = Mailbox(api.listener.watches.counts)
    languages = languages_of(request.scope, locale, api.settings)
    watcher = Watcher(api, watched, mailbox, languages)
    ends = (watcher.leave, counted, api.callers.watch(request.scope, mailbox.close))
    updates = _updates(watcher, mailbox, heartbeat or PING_S, ends)
    try:
        first = await anext(updates)
    except ReceiverClosed:
        raise HTTPException(503, "the service restarts", {"Retry-After": RETRY_AFTER}) from None
    assert first is not None
    # An EventSource reconnects after every end of a stream.
    if last_event_id == first.event_id and first.left_s(api.store.now()) == 0:
        await updates.aclose()
        return Response(status_code=204)
    if HEAD in request.scope:
        await updates.aclose()
        return Response(headers=EventStream.ITS_HEADERS, media_type=EventStream.media_type)
    quiet = _comment if heartbeat is None else partial(_heartbeat, api)
    events = _Events(query.events, locale or api.settings.locale)
    return EventStream(_texts(first, updates, quiet, events), updates)


async def _updates(
    watcher: Watcher, mailbox: Mailbox[Update], quiet_s: float, ends: Iterable[Callable[[], None]]
) -> Updates:
    """Yields the current state, then each update, and None after each `quiet_s` seconds without
    one; ends when no more will come, with what `ends` with it.

    Raises:
        TaskNotFound: there is none, or it is gone and was not written again.
        ForeignValue: the value that is stored there is no record.
        StoreUnavailable: the store does not answer, or does not confirm the subscription.
        ReceiverClosed: the service shuts down, or the request's token does not count any more.
    """
    try:
        await watcher.join()
        while True:
            update = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(quiet_s):
                    update = await mailbox.get()
            yield update
    except ReceiverClosed:
        if mailbox.code == closes.UNKNOWN:
            raise watcher.missing() from None
        if mailbox.code != closes.ENDED:
            raise
    finally:
        for end in ends:
            end()


class EventStream(StreamingResponse):
    """A response that sends the texts of updates until there are no more, and leaves what
    it watches however it ends."""

    media_type = "text/event-stream"
    #: nginx would keep the events until its buffer is full.
    ITS_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **VARIES}

    def __init__(self, texts: AsyncIterator[str], updates: Updates) -> None:
        super().__init__(texts, headers=self.ITS_HEADERS)
        self._updates = updates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the stream, and leaves what it watches however that ends."""
        async with contextlib.aclosing(self._updates):
            await super().__call__(scope, receive, send)


async def _texts(
    first: Update, updates: Updates, quiet: Callable[[], str], events: _Events
) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n{events.text(first)}"
    # A record that is gone, or a service that shuts down, ends the stream; a client that reconnects
    # gets the status.
    with contextlib.suppress(TaskNotFound, ReceiverClosed):
        async for update in updates:
            yield quiet() if update is None else events.text(update)


def _comment() -> str:
    """The keep-alive for a client that did not ask for heartbeats."""
    return ": nothing new\n\n"


def _heartbeat(api: Api) -> str:
    """A heartbeat as an event with a name of its own, which `onmessage` does not get."""
    heartbeat = api.listener.heartbeats.heartbeat()
    return f"event: {'heartbeat' if heartbeat.alive else 'stale'}\ndata: {heartbeat.message}\n\n"
