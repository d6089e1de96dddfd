"""The HTTP routes that create, update, read, cancel and list tasks."""

from __future__ import annotations

import contextlib
import uuid
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from msgspec import structs

from ..credentials import share_tokens
from ..errors import InvalidEvent, StoreUnavailable, TaskNotFound, TransitionRefused
from ..flows import shown_record, task_list
from ..record import caller_events, responses
from ..record.act import Action
from ..record.answers import CreatedTask, ShareToken, TaskList, Undone
from ..record.default_texts import wished
from ..record.document import read, written
from ..record.events import Cancelled
from ..record.fields import Body as TaskBody
from ..record.model import TaskStatus
from ..service.bodies import task_list as body_of_list
from . import fragment, rights
from .audit import note, note_act
from .callers import caller_of, languages_of, who_asks
from .guard import denied
from .openapi import parameters, queries, schemas
from .rights import Resource
from .route_table import ETAG, UNCHANGED, answer, route
from .state import Api, api_of
from .stored_answer import VARIES, GzipResponse, TaggedAnswer, asks_for_html
from .strict_route import StrictRoute
from .terminate import NO_BROKER
from .wait import waited
from .workflows import asked_as_task, workflow_as_task

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


def _task(document: bytes, languages: responses.Languages) -> Response:
    """The response to an act: the task now."""
    return Response(responses.in_language(document, *languages), 200, VARIES, "application/json")


@router.post("/create-task", status_code=201)
@route("Create a task", ("create", "tasks"), {201: answer("Created.", CreatedTask)})
async def create_task(request: Request, task: schemas.NewTask) -> Response:
    """Creates a record for work outside Celery, or for a task that you publish later by
    `apply_async(task_id=…)`. The task with this id then uses this record."""
    api = api_of(request)
    caller = caller_of(request.scope)
    owner = task.owner or caller.owner
    made = Resource("tasks", task_type=task.task_type, owner=owner)
    task_id = str(uuid.uuid4())
    refusal = rights.refusal(caller, "create", made)
    if refusal is not None:
        return denied(api, refusal)
    share = _share(api, task_id, task.share)
    shared = True if task.share else None
    note(request.scope, id=task_id, task_type=task.task_type, owner=owner, share=shared)
    event = caller_events.creation(
        task.task_type, task.total_items, task.symbol, task.metadata, owner
    )
    document = await api.service.apply(task_id, event)
    record = None
    # Read with an estimate, if the type's rate is known. The task is created whether or not that
    # works.
    with contextlib.suppress(StoreUnavailable):
        record = await api.store.run(shown_record.current(api.flows, task_id, api.store.now()))
    body = written(CreatedTask.of(record or read(document), share))
    return Response(body, 201, media_type="application/json")


def _share(api: Api, task_id: str, asked: bool | schemas.ShareAsked) -> ShareToken | None:
    """A token for a task that is asked for with it.

    Raises:
        InvalidEvent: there are no keys to sign with.
    """
    if asked is False:
        return None
    if not api.callers.shares.configured:
        raise InvalidEvent("share needs keys to sign with: set PROGRESS_SIGNING_KEYS")
    ttl = share_tokens.TTL_S if asked is True else asked.ttl
    share = share_tokens.Share("task", task_id, share_tokens.expires(ttl))
    expires_at = datetime.fromtimestamp(share.until, api.zone).isoformat(timespec="milliseconds")
    return ShareToken(api.callers.shares.sign(share), expires_at)


@router.put("/task/{task_id:path}/update")
@route(
    "Update a task's progress",
    ("update", "task"),
    {200: answer("Recorded; the body is the task's new state.", TaskBody)},
)
async def update_task(
    request: Request,
    task_id: parameters.TaskId,
    update: schemas.TaskUpdate,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Writes counts, text and status in one step. The record of an ended task does not change.
    While a living worker runs the task, only `force` ends it. If the id is a workflow's, the
    request pauses or resumes the workflow."""
    api = api_of(request)
    if rights.refuses_values(caller_of(request.scope), update.model_fields_set):
        return denied(api, rights.ONLY_PAUSES)
    languages = languages_of(request.scope, wished(accept_language), api.settings)
    keeps_who = update.by is not None or update.force or update.status == TaskStatus.PAUSED
    asks = who_asks(request.scope, update.by)
    note_act(request.scope, api, asks, update.reason, status=update.status, force=update.force)
    by = asks if keeps_who else None
    events = caller_events.update(
        update.status,
        current_items=update.current_items,
        message=update.message,
        error_message=update.error_message,
        results=update.results,
        details=update.details,
        reason=update.reason,
        by=by,
        force=update.force,
        resumer=asks,
        locale=api.settings.locale,
    )
    try:
        document = await api.service.apply(task_id, *events)
    except TaskNotFound:
        given = update.model_dump(exclude={"reason", "by", "message"})
        action = partial(caller_events.of_a_workflow, **given)
        return await asked_as_task(api, task_id, action, asks, update.reason, languages)
    return _task(document, languages)


@router.get("/task/{task_id:path}/status")
@route("Read a task", ("read", "task"), {200: answer("The task.", TaskBody) | ETAG} | UNCHANGED)
async def task_status(
    request: Request,
    task_id: parameters.TaskId,
    query: Annotated[queries.StatusQuery, Query()],
    if_none_match: parameters.IfNoneMatch = None,
    accept_language: parameters.AcceptLanguage = None,
    prefer: parameters.Prefer = None,
) -> Response:
    """Reads the record. `fields=all` adds its checkpoint. With If-None-Match the status is 304
    while nothing has changed. If the id has no record but is a workflow's, the response shows the
    workflow as a task: its `task_type` is `workflow`, and its progress counts tasks. With `Accept:
    text/html` the response is a piece of HTML, except when a browser opens the address as a
    page. With `Prefer: wait=N` the response waits for the end, 60 seconds at most."""
    api, locale = api_of(request), wished(accept_language)
    applied = {} if prefer is None else await waited(api, request, task_id, prefer)
    languages = languages_of(request.scope, locale, api.settings)
    shown = await api.tasks.of(task_id)
    as_html = asks_for_html(headers := dict(request.scope["headers"]))
    if_none_match = None if as_html else if_none_match
    if shown is None:
        found = await workflow_as_task(api, task_id, if_none_match, languages)
    else:
        record = shown.record
        if query.fields is not None:
            record = structs.replace(record, checkpoint=read(shown.document).checkpoint)
        document = responses.in_language(written(record), *languages)
        tag = responses.entity_tag(record, document, languages[0])
        found = TaggedAnswer(document, tag, if_none_match)
    if as_html:
        return fragment.in_place_of(found, headers, locale or api.settings.locale)
    for name, value in applied.items():
        found.headers.append(name, value)
    return found


@router.post("/task/{task_id:path}/cancel")
@route(
    "Cancel a task",
    ("cancel", "task"),
    {
        200: answer("Cancelled; the body is the task's new state.", TaskBody),
        503: answer("Redis or the broker does not reply; detail names what was done.", Undone),
    },
)
async def cancel_task(
    request: Request,
    task_id: parameters.TaskId,
    cancel: Annotated[schemas.Cancel | None, Body()] = None,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Cancels a task. A queued task never starts. A running task ends at its next progress update.
    With `terminate` it ends at once; this needs the broker and Celery's remote control. If the id
    is a workflow's, the request cancels the workflow."""
    api = api_of(request)
    languages = languages_of(request.scope, wished(accept_language), api.settings)
    cancel = cancel or schemas.Cancel()
    by = who_asks(request.scope, cancel.by)
    note_act(request.scope, api, by, cancel.reason, terminate=cancel.terminate)
    if cancel.terminate:
        if api.broker is None:
            raise InvalidEvent(NO_BROKER)
        await api.broker.check()
    try:
        document = await api.service.apply(task_id, Cancelled(by=by, reason=cancel.reason))
    except TaskNotFound:

        def action() -> Action:
            if cancel.terminate:
                raise InvalidEvent("terminate ends one task's process: leave it out")
            return "cancel"

        return await asked_as_task(api, task_id, action, by, cancel.reason, languages)
    except TransitionRefused as refused:
        # A cancelled job runs until its next update: the signal may be sent later, or again.
        if not cancel.terminate or refused.status != TaskStatus.CANCELLED:
            raise
        document = written(await api.store.run(shown_record.record(task_id)))
    if cancel.terminate and api.broker is not None:
        await api.broker.terminate(task_id)
    return _task(document, languages)


@router.get("/tasks")
@route("List tasks", ("list", "tasks"), {200: answer("One page.", TaskList)})
async def list_tasks(
    request: Request,
    query: Annotated[queries.ListQuery, Query()],
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Lists tasks, newest first unless `sort` is given. The API responds with 422 to filters that
    cannot be combined, and names them. status, task_type and symbol can be combined. Each of
    workflow_id, owner and warning can be combined only with status. created_from and created_to can
    be added to all of these. sort=running can be added to all of these except status. sort=ended
    can be combined only with status completed, error or cancelled; ended_from implies sort=ended.
    top can be combined only with sort=running. id_prefix and symbol_prefix are used alone.
    Exception: if the caller's token has an owner or type, this filter can be combined with
    task_type, symbol, owner, warning, id_prefix and symbol_prefix. If there is no index for such a
    combination, the API searches the tasks. Then total is null, the list may have fewer rows than
    `limit`, and it has a `cursor` if there may be more. The summary counts the tasks of the given
    workflow or owner, else all tasks. `top=true` lists tasks outside workflows, and one row for
    each outermost workflow (on a Redis Cluster 1,000 of each). With sort=running this list has one
    page: up to `limit` rows each of running, paused, waiting (oldest first) and ended tasks (newest
    first), from the first 1,000 tasks of each status and the first 50 workflows. If results,
    processing_details and metadata of a row have more than 1 KiB together, they are empty in the
    row, and `omitted` names them; `fields=all` sends them. The body is gzip if Accept-Encoding has
    it."""
    api, caller = api_of(request), caller_of(request.scope)
    asked, light = rights.narrowed(caller, query.asked), query.fields is None
    asked.check_together([name for name in ("task_type", "owner") if getattr(caller, name)])
    flow = task_list.listed(api.flows, asked, await api.now(), light=light, only=caller.task_type)
    found = await api.store.run(flow)
    body = written(body_of_list(asked, found.rows, found.total, found.counts, found.cursor))
    languages = languages_of(request.scope, wished(accept_language), api.settings)
    return GzipResponse(responses.in_language(body, *languages), headers=VARIES)
