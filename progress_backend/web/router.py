"""The router: every route, and the lifespan that opens what they need."""

from __future__ import annotations

from fastapi import APIRouter

from . import event_stream, health, sockets, tasks
from .state import lifespan

router = APIRouter(lifespan=lifespan)
router.include_router(tasks.router)
router.include_router(event_stream.router)
router.include_router(health.router)
router.include_router(sockets.router)
