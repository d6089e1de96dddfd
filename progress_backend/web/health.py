"""The health routes: for operators, and for supervisors that restart the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..record.answers import Alive, Health, ListenerState
from ..record.document import written
from .route_table import answer, route
from .state import api_of
from .strict_route import StrictRoute

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
