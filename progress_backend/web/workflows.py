"""The HTTP routes that read a workflow and list workflows; and a workflow in a task's place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ..errors import TaskNotFound, WorkflowNotFound
from ..flows import workflows
from ..record import responses
from ..record.workflow_as_task import as_task
from ..service.flow_service import pagination
from .gzip_answer import packed
from .openapi import route_texts, schemas
from .state import Api, api_of
from .stored_answer import Stored, described_workflow, matches
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["workflows"], route_class=StrictRoute)


@router.get("/workflow/{workflow_id:path}/status", **route_texts.WORKFLOW)
async def workflow_status(
    request: Request,
    workflow_id: schemas.WorkflowId,
    if_none_match: schemas.IfNoneMatch = None,
) -> Stored:
    return await workflow_of(api_of(request), workflow_id, if_none_match)


@router.get("/workflows", **route_texts.WORKFLOWS)
async def list_workflows(
    request: Request,
    query: Annotated[schemas.Paging, Query()],
    accept_encoding: schemas.AcceptEncoding = "",
) -> Response:
    api = api_of(request)
    at = await api.now()
    total, rows = await api.store.run(workflows.page(api.flows, query.page, query.limit, at))
    pages = pagination(query.page, query.limit, total)
    return await packed(responses.workflows_body(rows, pages), accept_encoding)


async def workflow_of(api: Api, workflow_id: str, if_none_match: str | None) -> Stored:
    """The response to a read of a workflow.

    Raises:
        WorkflowNotFound: no member is stored.
        StoreUnavailable: the store does not answer.
    """
    body = await _body(api, workflow_id)
    if body is None:
        raise WorkflowNotFound(workflow_id)
    return _answer(body, if_none_match)


async def workflow_as_task(api: Api, task_id: str, if_none_match: str | None) -> Stored:
    """The response to a read of a task that has no record: the id may be that of a group, or of a
    canvas whose task of this id has not been published.

    Raises:
        TaskNotFound: the id is no workflow's either.
        StoreUnavailable: the store does not answer.
    """
    body = await _body(api, task_id)
    if body is None:
        raise TaskNotFound(task_id)
    return _answer(as_task(body), if_none_match)


async def _body(api: Api, workflow_id: str) -> bytes | None:
    return await api.store.run(workflows.status(api.flows, workflow_id, await api.now()))


def _answer(body: bytes, if_none_match: str | None) -> Stored:
    about = described_workflow(body)
    unchanged = if_none_match is not None and matches(if_none_match, about.tag)
    return Stored(body, about, unchanged=unchanged)
