"""The HTTP route about the workers, for operators."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..flows import worker_list
from ..record.json_text import dumps
from .gzip_answer import Packed
from .openapi import route_texts
from .state import api_of
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["health"], route_class=StrictRoute)


@router.get("/workers", **route_texts.WORKERS)
async def list_workers(request: Request) -> Response:
    api = api_of(request)
    body = await api.store.run(worker_list.workers(api.flows, await api.now()))
    return Packed(dumps(body))
