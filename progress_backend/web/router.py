"""The router: every route, and the lifespan that opens what they need."""

from __future__ import annotations

from fastapi import APIRouter

from . import event_stream, health, sockets, tasks
from .state import lifespan

router = APIRouter(lifespan=lifespan)
# The routes themselves: FastAPI looks through a router in a router several times a request.
for part in (tasks, event_stream, health, sockets):
    router.routes.extend(part.router.routes)
