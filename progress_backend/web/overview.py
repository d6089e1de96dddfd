"""The HTTP routes about all of the work, for operators: the workers, and what ended lately."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ..flows import activity, worker_list
from ..record.json_text import dumps
from .gzip_answer import packed
from .openapi import parameters, queries, route_texts
from .state import api_of
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["health"], route_class=StrictRoute)


@router.get("/workers", **route_texts.WORKERS)
async def list_workers(
    request: Request, accept_encoding: parameters.AcceptEncoding = ""
) -> Response:
    api = api_of(request)
    body = await api.store.run(worker_list.workers(api.flows, await api.now()))
    return await packed(dumps(body).encode(), accept_encoding)


@router.get("/activity", **route_texts.ACTIVITY)
async def recent_activity(
    request: Request,
    query: Annotated[queries.ActivityQuery, Query()],
    accept_encoding: parameters.AcceptEncoding = "",
) -> Response:
    api = api_of(request)
    body = await api.store.run(activity.activity(api.flows, query.minutes, await api.now()))
    return await packed(dumps(body).encode(), accept_encoding)
