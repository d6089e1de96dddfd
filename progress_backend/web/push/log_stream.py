"""The log of a task: its lines as JSON, or as server-sent events to the task's end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, Response

from ...errors import StoreUnavailable, TaskNotFound
from ...flows import task_log
from ...live.receivers import ReceiverClosed
from ...operations import logs
from ...record.json_text import dumps
from ...record.log_line import with_id
from ..guard import HEAD, denied
from ..openapi import parameters, queries
from ..openapi.bodies import TaskLog
from ..rights import Refusal, Resource
from ..route_table import LIMITED, answer, route
from ..state import Api, api_of
from ..strict_route import RETRY_AFTER, StrictRoute
from .event_stream import PING_S, RETRY_MS, EventStream, Updates
from .task_updates import follow

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)

#: Longest Last-Event-ID: a line's number.
_DIGITS: Final = 15


@router.get("/task/{task_id:path}/log")
@route(
    "Read the log of a task",
    ("read", "task"),
    LIMITED
    | {
        200: answer("The lines.", TaskLog),
        204: {"description": "The task has ended for good; no line came after Last-Event-ID."},
    },
)
async def task_logged(
    request: Request,
    task_id: parameters.TaskId,
    query: Annotated[queries.LogQuery, Query()],
    accept: parameters.Accept = "",
    last_event_id: parameters.LastEventId = None,
) -> Response:
    """What the job has written by `progress.log()` or a `ProgressLogHandler`: the newest 22 KiB of
    lines, the newest last. Ids that are missing are of lines that are gone. With `Accept:
    text/event-stream` the log is followed to the task's end: a line an event, with its id;
    `dropped` where lines are gone, and `end` at last."""
    api = api_of(request)
    if EventStream.media_type in accept:
        return await _followed(request, api, task_id, query, last_event_id)
    part = await api.store.run(task_log.read(task_id, query.after, query.limit))
    lines = b",".join(with_id(*line) for line in part.lines)
    head = dumps({"task_id": task_id, "first": part.first, "last": part.last}).encode()
    body = head[:-1] + b',"lines":[' + lines + b"]}"
    return Response(body, media_type="application/json")


async def _followed(
    request: Request, api: Api, task_id: str, query: queries.LogQuery, last_event_id: str | None
) -> Response:
    known = last_event_id or ""
    again = known.isascii() and known.isdigit() and len(known) <= _DIGITS
    after = int(known) if again else query.after
    counted = api.limits.of_stream(request.scope)
    if isinstance(counted, Refusal):
        return denied(api, counted)
    nudges = partial(api.logs.follow, task_id)
    updates = follow(api, Resource("task", task_id), PING_S, request.scope, counted, nudges)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(updates.aclose)
        try:
            first = await anext(updates)
        except ReceiverClosed:
            raise HTTPException(503, "the service restarts", {"Retry-After": RETRY_AFTER}) from None
        part: logs.LogPart = await api.store.run(task_log.read(task_id, after, query.limit))
        assert first is not None
        # An EventSource reconnects after every end of a stream.
        if again and not part.lines and first.left_s(api.store.now()) == 0:
            return Response(status_code=204)
        if HEAD in request.scope:
            return Response(headers=EventStream.ITS_HEADERS, media_type=EventStream.media_type)
        stack.pop_all()
    return EventStream(_texts(api, task_id, updates, part, after), updates)


async def _texts(
    api: Api, task_id: str, updates: Updates, part: logs.LogPart, after: int | None
) -> AsyncIterator[str]:
    """The events: lines as they come, `dropped` where some are gone, and at last `end`."""
    yield f"retry: {RETRY_MS}\n\n"
    said_at = time.monotonic()
    # A record that is gone, a store that does not answer, or a service that shuts down, ends the
    # stream; a client that reconnects is told why.
    with contextlib.suppress(TaskNotFound, StoreUnavailable, ReceiverClosed):
        async for event in _events(api, task_id, updates, part, after):
            now = time.monotonic()
            if event is None and now - said_at < PING_S:
                continue
            yield event or ": nothing new\n\n"
            said_at = now
        yield "event: end\ndata: {}\n\n"


async def _events(
    api: Api,
    task_id: str,
    updates: Updates,
    part: logs.LogPart,
    after: int | None,
) -> AsyncIterator[str | None]:
    """Yields the lines of `part`, which were read after the line `after`, then each as it comes,
    and None each time `updates` yields meanwhile; ends with the task.

    Raises:
        TaskNotFound: the record is gone.
        StoreUnavailable: the store does not answer.
        ReceiverClosed: the service shuts down, or the request's token does not count any more.
    """
    over = False
    while True:
        for number, text in part.lines:
            gone = 0 if after is None else max(number - after - 1, 0)
            dropped = f'event: dropped\ndata: {{"lines":{gone}}}\n\n' if gone else ""
            yield f"{dropped}id: {number}\ndata: {with_id(number, text).decode()}\n\n"
            after = number
        if part.last is None or (after or 0) >= part.last:
            if over:
                return
            over = True
            async for _ in updates:
                if api.logs.newest(task_id) != (after or None):
                    over = False
                    break
                yield None
            after = after or 0  # the log was empty so far: what is missing from now on is gone
        part = await api.store.run(task_log.read(task_id, after, task_log.LINES))
