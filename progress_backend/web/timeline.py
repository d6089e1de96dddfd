"""The HTTP route that reads what happened to a task."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..flows import task_timeline
from ..record.default_texts import wished
from ..record.responses import in_language
from .openapi import parameters
from .openapi.bodies import TaskTimeline
from .route_table import answer, route
from .state import api_of
from .stored_answer import SPOKEN
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["tasks"], route_class=StrictRoute)


@router.get("/task/{task_id:path}/timeline")
@route(
    "Read what happened to a task", ("read", "task"), {200: answer("What happened.", TaskTimeline)}
)
async def task_happened(
    request: Request,
    task_id: parameters.TaskId,
    accept_language: parameters.AcceptLanguage = None,
) -> Response:
    """Its starts, retries, phases and ends, who asked for what and why, and what was out of the
    ordinary, the oldest first; how many entries are gone, of which the newest 12 KiB are kept,
    about a hundred; and how far its newest attempts were when, 64 points at most."""
    api = api_of(request)
    body = await api.store.run(task_timeline.read(task_id, api.settings))
    spoken = in_language(body, wished(accept_language))
    return Response(spoken, media_type="application/json", headers=SPOKEN)
