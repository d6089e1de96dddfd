"""The API's application below a path of another one, whose lifespan opens it."""

from __future__ import annotations

from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app, lifespan


def mounted(settings: Settings, at: str) -> FastAPI:
    inner = create_app(settings)
    outer = FastAPI(lifespan=lambda _: lifespan(inner))
    outer.mount(at, inner)
    return outer
