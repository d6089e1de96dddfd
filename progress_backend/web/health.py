"""The routes about health, workers and figures: for operators, and for supervisors that restart the
service."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request, Response

from ..flows import outcome_figures
from ..record.answers import Alive, Health, ListenerState, Stats, WorkerList
from ..record.document import written
from ..service import worker_list
from .callers import caller_of
from .route_table import answer, route
from .state import api_of
from .stored_answer import GzipResponse
from .strict_route import StrictRoute

#: For how long a process answers with the figures that it has read.
_KEPT: Final = timedelta(seconds=5)

router = APIRouter(prefix="/internal", tags=["health"], route_class=StrictRoute)


@router.get("/health")
@route(
    "Health of the service",
    None,
    {
        200: answer("The service works.", Health),
        503: answer("Redis does not reply, or the subscription is broken.", Health),
    },
)
async def health(request: Request) -> Response:
    """Reports whether the service, Redis and the subscription to updates work."""
    api = api_of(request)
    body, watches = await api.service.health(), api.listener.watches
    listening = api.listener.connected
    body.dependencies.listener = ListenerState(
        "connected" if listening else "disconnected", watches.watched, watches.receivers["task"]
    )
    faults = [*filter(None, (api.callers.tokens.fault, api.starts_fault))]
    if api.starts is not None:
        faults += (f"job {name} is closed: {why}" for name, why in api.starts.closed.items())
    if faults and body.status != "unhealthy":
        body.status, body.reason = "degraded", "; ".join(filter(None, (body.reason, *faults)))
    if not listening:
        body.status = "unhealthy"
    status = 503 if body.status == "unhealthy" else 200
    return Response(written(body), status, media_type="application/json")


@router.get("/health/live")
@route("Check that the process runs", None, {200: answer("The process runs.", Alive)})
async def live() -> Response:
    """Responds while the process runs. Use this route for a liveness probe."""
    return Response(written(Alive("alive")), media_type="application/json")


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
    """Reads the ends, mean and median times, and the last success of each type, counted since Redis
    was empty. A token with a type gets the figures of that type, a token with an owner gets 403."""
    api, only = api_of(request), caller_of(request.scope).task_type
    found = await api.store.run(outcome_figures.stats(api.flows, await api.now(), only))
    return GzipResponse(written(found))
