"""The health routes: for operators, and for supervisors that restart the service."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from .openapi import route_texts
from .state import api_of
from .strict_route import StrictRoute

router = APIRouter(prefix="/internal", tags=["health"], route_class=StrictRoute)


@router.get("/health", **route_texts.HEALTH)
async def health(request: Request) -> JSONResponse:
    api = api_of(request)
    body = await api.service.health_check()
    listening = api.listener.connected
    body["dependencies"]["listener"] = {
        "status": "connected" if listening else "disconnected",
        "watched_tasks": api.listener.watches.watched,
        "watchers": api.hub.listeners(),
    }
    if not listening:
        body["status"] = "unhealthy"
    return JSONResponse(body, 503 if body["status"] == "unhealthy" else 200)


@router.get("/health/live", **route_texts.LIVE)
async def live() -> JSONResponse:
    return JSONResponse({"status": "alive"})
