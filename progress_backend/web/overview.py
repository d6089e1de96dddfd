"""The HTTP routes about workers and figures, for operators."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from ..flows import outcome_figures, worker_list
from ..record.answers import Stats, WorkerList
from ..record.document import written
from .callers import caller_of
from .gzip_answer import GzipResponse
from .route_table import answer, route
from .state import api_of
from .strict_route import StrictRoute

#: For how long a process answers with the figures that it has read.
_KEPT: Final = timedelta(seconds=5)

router = APIRouter(prefix="/internal", tags=["health"], route_class=StrictRoute)


@router.get("/workers")
@route("List workers", ("list", "workers"), {200: answer("The workers.", WorkerList)})
async def list_workers(request: Request) -> Response:
    """Lists each Celery worker that tracks tasks, by its lease: its last renewal, and up to 20 of
    the tasks that it runs. A worker that has shut down or died is listed until it has no tasks.
    `oldest_wait_ms` and `types` are read every five seconds. A token with a type or an owner gets
    403."""
    api = api_of(request)
    now = await api.now()
    if api.figures is None or abs(now - api.figures[0]) > _KEPT:  # a clock may be set back
        api.figures = now, await api.store.run(worker_list.figures(api.flows, now))
    body = await api.store.run(worker_list.workers(api.flows, now, api.figures[1]))
    return GzipResponse(written(body))


@router.get("/stats")
@route("Figures by task type", ("list", "figures"), {200: answer("The figures.", Stats)})
async def stats(request: Request) -> Response:
    """Ends, mean and median times, and the last success of each type, counted in Redis since it was
    empty. A token with a type gets the figures of that type, one with an owner gets 403."""
    api, only = api_of(request), caller_of(request.scope).task_type
    found = await api.store.run(outcome_figures.stats(api.flows, await api.now(), only))
    return GzipResponse(written(found))
