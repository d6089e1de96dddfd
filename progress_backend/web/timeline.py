"""The HTTP route that reads what happened to a task."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..flows import task_timeline
from .openapi import parameters, route_texts
from .state import api_of
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.get("/task/{task_id:path}/timeline", **route_texts.TIMELINE)
async def task_happened(request: Request, task_id: parameters.TaskId) -> Response:
    """What happened to a task."""
    api = api_of(request)
    body = await api.store.run(task_timeline.read(task_id, api.settings))
    return Response(body, media_type="application/json")
