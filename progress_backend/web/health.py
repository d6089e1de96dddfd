"""The health routes: for operators, and for supervisors that restart the service."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from ..record.answers import Alive, Health
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
async def health(request: Request) -> JSONResponse:
    """Reports whether the service, Redis and the subscription to updates work."""
    api = api_of(request)
    body = await api.service.health_check()
    listening = api.listener.connected
    body["dependencies"]["listener"] = {
        "status": "connected" if listening else "disconnected",
        "watched_tasks": api.listener.watches.watched,
        "watchers": api.listener.watches.receivers["task"],
    }
    faults = [*filter(None, (api.callers.tokens.fault, api.starts_fault))]
    if api.starts is not None:
        faults += (f"job {name} is closed: {why}" for name, why in api.starts.closed.items())
    if faults and body["status"] != "unhealthy":
        reason = "; ".join(filter(None, (body.get("reason"), *faults)))
        body.update(status="degraded", reason=reason)
    if not listening:
        body["status"] = "unhealthy"
    return JSONResponse(body, 503 if body["status"] == "unhealthy" else 200)


@router.get("/health/live")
@route("Check that the process runs", None, {200: answer("The process runs.", Alive)})
async def live() -> JSONResponse:
    """Responds while the process runs. Use this route for a liveness probe."""
    return JSONResponse({"status": "alive"})
