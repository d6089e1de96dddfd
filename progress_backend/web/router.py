"""The router: every route, and the lifespan that opens the store's connections."""

from __future__ import annotations

from fastapi import APIRouter

from . import acts, health, jobs, tasks, timeline, workflows
from .push import event_stream, shared_socket, websockets
from .state import lifespan

#: Every HTTP and WebSocket route below `/internal`, for a FastAPI application of your own:
#: `app.include_router(router)`, under any prefix. Its lifespan opens the store's connections.
router = APIRouter(lifespan=lifespan)
# Routes instead of routers: FastAPI searches a router within a router several times a request.
_PARTS = (tasks, acts, jobs, workflows, event_stream, timeline, health, websockets, shared_socket)
for part in _PARTS:
    router.routes.extend(part.router.routes)
