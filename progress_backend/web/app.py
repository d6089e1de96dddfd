"""The HTTP API: the router with every route, and a FastAPI application of its own."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI

from ..errors import SettingsError
from ..settings import Settings
from . import acts, health, jobs, tasks, timeline, workflows
from .access import Access
from .callers import Callers
from .metrics import metrics_router
from .openapi import docs_page
from .page import page_router, unknown
from .push import event_stream, shared_socket, websockets
from .site_answer import Authorize
from .state import celery_app_of_environment, lifespan, settings_of_environment
from .strict_route import Front, refused

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig  # not in the oldest FastAPI that is allowed

#: Every HTTP and WebSocket route below `/internal`, for a FastAPI application of your own:
#: `app.include_router(router)`, under any prefix. Its lifespan opens the store's connections.
router = APIRouter(lifespan=lifespan)
# Routes instead of routers: FastAPI searches a router within a router several times a request.
_PARTS = (tasks, acts, jobs, workflows, event_stream, timeline, health, websockets, shared_socket)
for _part in _PARTS:
    router.routes.extend(_part.router.routes)


def create_app(
    settings: Settings | None = None,
    *,
    celery_app: Any = None,
    trusted: bool = False,
    authorize: Authorize | None = None,
    start: bool = False,
) -> FastAPI:
    """Makes a FastAPI application of the HTTP and WebSocket API, the live page, `/metrics` and
    `/docs`, on the store that the settings name.

    Args:
        settings: settings with the store's URL; without them the environment's, then those of
            `celery_app`.
        celery_app: the Celery app: a cancel uses its broker, and lost runs are looked up in its
            result backend; without it an app for CELERY_BROKER_URL, if that is set.
        trusted: whether a request without a token passes wherever it comes from, unless tokens are
            configured: for an application behind a login.
        authorize: a site's own function, sync or async, called for each request without a known
            token, sockets included, and for "stack" also with an owner's token:
            `authorize(request, action, resource)` gets Starlette's HTTPConnection (cookies,
            headers, session), one of "read", "list", "create", "update", "cancel", "start",
            "stack" and "metrics", and a value with `kind`, `id`, `task_type`, `workflow_id` and
            `owner`; for a single task these three come from its record. It returns True or False,
            or the owner (a string of 1 to 200 characters): then the request is limited to this
            owner's tasks. Or it raises HTTPException(401). Any other result is a 403, and an ERROR
            in the log.
        start: whether callers may start the app's tasks that are marked `@progress_task(start=…)`.

    Raises:
        SettingsError: a setting cannot be used, or no store's URL is set.
    """
    celery_app = celery_app or celery_app_of_environment()
    settings = settings or settings_of_environment(celery_app)
    if settings.redis_url is None:
        raise SettingsError("no store: set PROGRESS_REDIS_URL, e.g. redis://127.0.0.1:6379/0")
    Callers(settings)  # what cannot be used is an error before anything listens
    app = FastAPI(
        title="progress-backend",
        summary="One truthful, live progress record for every Celery task.",
        version=version("progress-backend"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.docs else None,
        lifespan=lifespan,
        telemetry=_telemetry(),
    )
    app.state.progress_settings, app.state.progress_access = settings, Access(settings)
    app.state.progress_celery_app = celery_app
    app.state.progress_trusted = trusted
    app.state.progress_authorize = authorize
    app.state.progress_start = start
    app.add_exception_handler(Exception, refused)
    app.add_exception_handler(404, unknown)
    # Routes instead of routers, as in `router`.
    routes = [*router.routes, *page_router.routes]
    if settings.metrics:
        routes += metrics_router.routes
    if settings.docs:
        routes += docs_page.described_router.routes
    app.router.routes += routes
    app.add_middleware(Front, routes=routes)
    return app


def _telemetry() -> TelemetryConfig | None:
    """FastAPI's own traces and metrics, where OpenTelemetry's SDK can be configured at all: each
    request looks for one, which takes an eighth of a read's time. An older FastAPI has none, and
    keeps the argument unread."""
    if find_spec("opentelemetry") and find_spec("opentelemetry.sdk"):
        return None
    return {"tracing": False, "metrics": False, "logs": False}
