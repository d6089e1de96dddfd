"""The HTTP routes that read, list, cancel, pause and resume workflows; and a workflow in a task's
place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from msgspec import Struct
from starlette.background import BackgroundTask

from ..errors import StoreUnavailable, TaskNotFound, WorkflowNotFound
from ..flows import new_workflow_act, workflow_bodies, workflow_checks
from ..record import caller_events
from ..record.act import Action
from ..record.default_texts import wished
from ..record.document import written
from ..record.responses import Languages, in_language
from ..record.workflow_body import as_task
from ..record.workflow_fields import WorkflowBody, WorkflowList
from ..service.bodies import workflow_list
from . import fragment
from .audit import note_act
from .callers import languages_of, who_asks
from .openapi import parameters, queries, schemas
from .route_table import ETAG, UNCHANGED, answer, route
from .state import Api, api_of
from .stored_answer import VARIES, GzipResponse, TaggedAnswer, asks_for_html
from .strict_route import StrictRoute

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/internal", tags=["workflows"], route_class=StrictRoute)


@router.get("/workflow/{workflow_id:path}/status")
@route(
    "Read a workflow",
    ("read", "workflow"),
    {200: answer("The workflow.", WorkflowBody) | ETAG} | UNCHANGED,
)
async def workflow_status(
    request: Request,
    workflow_id: parameters.WorkflowId,
    if_none_match: parameters.IfNoneMatch = None,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Reads one status for all tasks that a chain, group or chord starts, from the counts of its
    members. The read costs the same for ten members and for 100,000. With If-None-Match the status
    is 304 while nothing has changed."""
    api, locale = api_of(request), wished(accept_language)
    if (found := await _body(api, workflow_id)) is None:
        raise WorkflowNotFound(workflow_id)
    body = in_language(written(found), *languages_of(request.scope, locale, api.settings))
    if asks_for_html(headers := dict(request.scope["headers"])):
        return fragment.in_place_of(_answer(body, None), headers, locale or api.settings.locale)
    return _answer(body, if_none_match)


@router.get("/workflows")
@route("List workflows", ("list", "workflows"), {200: answer("One page.", WorkflowList)})
async def list_workflows(
    request: Request,
    query: Annotated[queries.Paging, Query()],
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Lists workflows, newest first, without their `failures`. On a Redis Cluster the list has the
    newest 1,000. The body is gzip if Accept-Encoding has it."""
    api = api_of(request)
    at = await api.now()
    total, rows = await api.store.run(workflow_bodies.page(api.flows, query.page, query.limit, at))
    body = written(workflow_list(query.page, query.limit, total, rows))
    return GzipResponse(in_language(body, wished(accept_language)), headers=VARIES)


async def workflow_as_task(
    api: Api, task_id: str, if_none_match: str | None, languages: Languages
) -> TaggedAnswer:
    """The response to a read of a task that has no record: the id may be a group's, or that of a
    canvas in which the task of this id has not been published.

    Raises:
        TaskNotFound: the id is no workflow's either.
        StoreUnavailable: the store does not answer.
    """
    body = await _body(api, task_id)
    if body is None:
        raise TaskNotFound(task_id)
    return _answer(in_language(written(as_task(body)), *languages), if_none_match)


@router.put("/workflow/{workflow_id:path}/update")
@route(
    "Pause or resume a workflow",
    ("update", "workflow"),
    {200: answer("Recorded; the body is the workflow's new state.", WorkflowBody)},
)
async def update_workflow(
    request: Request,
    workflow_id: parameters.WorkflowId,
    update: schemas.WorkflowUpdate,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Pauses or resumes a workflow. After the response to a pause no member starts, and running
    members wait at their next progress update. The members' records change in batches after the
    response."""
    action = caller_events.of_a_workflow(update.status)
    api, by = api_of(request), who_asks(request.scope, update.by)
    note_act(request.scope, api, by, update.reason, status=update.status)
    languages = languages_of(request.scope, wished(accept_language), api.settings)
    return await asked(api, workflow_id, action, by, update.reason, languages)


@router.post("/workflow/{workflow_id:path}/cancel")
@route(
    "Cancel a workflow",
    ("cancel", "workflow"),
    {200: answer("Cancelled; the body is the workflow's new state.", WorkflowBody)},
)
async def cancel_workflow(
    request: Request,
    workflow_id: parameters.WorkflowId,
    cancel: Annotated[schemas.WorkflowCancel | None, Body()] = None,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Cancels a workflow. After the response no member starts, and running members end at their
    next progress update. The members' records change in batches after the response. Until all
    members have ended, the workflow's status is cancelled and `final` is false."""
    cancel = cancel or schemas.WorkflowCancel()
    api, by = api_of(request), who_asks(request.scope, cancel.by)
    note_act(request.scope, api, by, cancel.reason)
    languages = languages_of(request.scope, wished(accept_language), api.settings)
    return await asked(api, workflow_id, "cancel", by, cancel.reason, languages)


async def asked(
    api: Api,
    workflow_id: str,
    action: Action,
    by: str,
    reason: str | None,
    languages: Languages,
    shown: Callable[[WorkflowBody], Struct] = lambda body: body,
) -> Response:
    """The response to a cancel, pause or resume of a workflow, with its body as it is `shown`; the
    members follow behind it.

    Raises:
        WorkflowNotFound: no member is stored.
        TransitionRefused: the workflow has ended, or is being cancelled.
        StoreUnavailable: the store does not answer.
    """
    flow = new_workflow_act.ask(
        api.flows, workflow_id, action, await api.now(), by=by, reason=reason
    )
    body, act_id = await api.store.run(flow)
    behind = None if act_id is None else BackgroundTask(_carry_out, api, workflow_id, act_id)
    answer = in_language(written(shown(body)), *languages)
    return Response(answer, 200, VARIES, "application/json", behind)


async def asked_as_task(
    api: Api,
    task_id: str,
    action: Callable[[], Action],
    by: str,
    reason: str | None,
    languages: Languages,
) -> Response:
    """As `asked`, for a task's id without a record: it may be a workflow's.

    Raises:
        TaskNotFound: it is not.
        InvalidEvent: a workflow cannot be asked for that.
    """
    if await api.store.run(workflow_bodies.figures(task_id, await api.now())) is None:
        raise TaskNotFound(task_id)
    return await asked(api, task_id, action(), by, reason, languages, as_task)


async def _carry_out(api: Api, workflow_id: str, act_id: str) -> None:
    """Applies a request to the members. If this process dies, the check for lost runs continues."""
    try:
        await api.store.run(workflow_checks.follow(api.flows, workflow_id, act_id, api.store.now))
    except StoreUnavailable as error:
        logger.warning("members of workflow %s follow later: %s", workflow_id, error)


async def _body(api: Api, workflow_id: str) -> WorkflowBody | None:
    return await api.store.run(workflow_bodies.status(api.flows, workflow_id, await api.now()))


def _answer(body: bytes, if_none_match: str | None) -> TaggedAnswer:
    """The tag is a digest of the body, since a publish that ends changes the status and no
    revision."""
    tag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    return TaggedAnswer(body, tag, if_none_match)
