"""The API's routes in each of the ways to have them."""

from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app, lifespan, metrics_router, page_router, router


def mounted(settings: Settings, at: str) -> FastAPI:
    """The application below a path of another one that opens it in its lifespan."""
    inner = create_app(settings)
    outer = FastAPI(lifespan=lambda _: lifespan(inner))
    outer.mount(at, inner)
    return outer


def application(kind: str, settings: Settings, at: str = "") -> FastAPI:
    """The application, below a path if it is mounted, or an own one with the routers."""
    if kind == "application":
        return create_app(settings)
    if kind == "mounted":
        return mounted(settings, at)
    own = FastAPI(docs_url=None, openapi_url=None)
    own.state.progress_settings = settings
    for part in (router, metrics_router, page_router):
        own.include_router(part, prefix=at)
    return own
