"""The API for a deployment: uvicorn --factory api.app:create_app, or python -m api.app.

The environment says everything: PROGRESS_* (see `Settings`), CELERY_BROKER_URL for cancels that
terminate, API_HOST and API_PORT, LOG_LEVEL.
"""

from __future__ import annotations

import logging.config
import os

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from progress_backend import web
from progress_backend.web.serve import HOST, PORT, serve_app


def create_app() -> FastAPI:
    """The library's application with the log of a service and a way in at /.

    Raises:
        SettingsError: a setting cannot be used, or no store is named.
    """
    logging.config.dictConfig(log_config(os.environ.get("LOG_LEVEL") or "INFO"))
    app = web.create_app()

    @app.get("/", include_in_schema=False)
    async def way_in() -> RedirectResponse:
        return RedirectResponse("docs")

    return app


def log_config(level: str) -> dict[str, object]:
    """One line an event on stderr, where a container's log is taken from.

    Raises:
        ValueError: by dictConfig, if there is no such level.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "progress_backend": {"level": level.upper()},
            # A line a connection at INFO: too much for a service.
            "uvicorn.error": {"level": "WARNING" if level.upper() == "INFO" else level.upper()},
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
    }


if __name__ == "__main__":
    serve_app(
        create_app(), os.environ.get("API_HOST") or HOST, int(os.environ.get("API_PORT") or PORT)
    )
