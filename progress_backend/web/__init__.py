"""The HTTP and WebSocket API (extra `api`): a FastAPI application, or routers for another one.

    app = create_app()                 # settings from the environment
    app.include_router(router)         # in another FastAPI application, under any prefix
    app.include_router(metrics_router) # and, where they are wanted, /metrics for Prometheus
    app.include_router(page_router)    # and the live page, under the same prefix

The router has a lifespan: it opens the store's connections when the application starts and closes
them when it ends. Before that, `app.state.progress_settings` (a `Settings`) and
`app.state.progress_celery_app` may be set; without them the environment's are used. A mounted
application's lifespan does not run by itself: enter `lifespan(app)` in the outer one's.

An application of `create_app` finds its routes before FastAPI does; in another application FastAPI
calls the same routes, with the application's dependencies.
"""

from .app import create_app, router
from .metrics import metrics_router
from .page import page_router
from .state import lifespan

__all__ = ["create_app", "lifespan", "metrics_router", "page_router", "router"]
