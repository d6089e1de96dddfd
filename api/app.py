"""The API for a deployment: uvicorn --factory api.app:create_app, or python -m
api.app, which listens on another address than loopback only with tokens or --insecure.

All settings come from the environment: PROGRESS_* (see `Settings`), CELERY_BROKER_URL for cancels
that terminate, API_HOST and API_PORT, FORWARDED_ALLOW_IPS, LOG_LEVEL.
"""

from __future__ import annotations

import logging.config
import os
import sys
from dataclasses import replace

from fastapi import FastAPI

from progress_backend import web
from progress_backend.errors import SettingsError
from progress_backend.web.server.serve import (
    FORWARDED_ALLOW_IPS,
    HOST,
    LINE,
    PORT,
    freeze_gc,
    give_up,
    serve_app,
)
from progress_backend.web.state import celery_app_of_environment, settings_of_environment

#: That of the workers (workers/app.py).
TIMEZONE = "Asia/Tokyo"


def create_app() -> FastAPI:
    """The library's application with the log of a service.

    Raises:
        SettingsError: a setting cannot be used, or no store is named.
    """
    level = (os.environ.get("LOG_LEVEL") or "INFO").upper()
    if level not in logging.getLevelNamesMapping():
        raise SettingsError(f"LOG_LEVEL is {level}; it must be DEBUG, INFO, WARNING or ERROR")
    settings = settings_of_environment(celery_app_of_environment())
    if not os.environ.get("PROGRESS_TIMEZONE"):
        settings = replace(settings, timezone=TIMEZONE)
    app = web.create_app(settings)
    logging.config.dictConfig(log_config(level))
    freeze_gc()  # under somebody else's uvicorn, too
    return app


def log_config(level: str) -> dict[str, object]:
    """Logging to stderr, from which a container's log is made: one line an event."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": LINE}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            "progress_backend": {"level": level},
            # A line a connection at INFO: too much for a service. At DEBUG each request's head,
            # with its token.
            "uvicorn.error": {"level": {"INFO": "WARNING", "DEBUG": "INFO"}.get(level, level)},
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
    }


def main() -> None:
    """Serves with the library's own uvicorn options.

    Raises:
        SystemExit: 1, the environment cannot be used or the port cannot be bound; stderr has the
            reason.
    """
    port = os.environ.get("API_PORT") or str(PORT)
    if not port.isdecimal() or int(port) > 65_535:
        give_up(f"API_PORT is {port!r}; it must be 0 to 65535")
    try:
        app = create_app()
    except SettingsError as error:
        give_up(str(error))
    given = sys.argv[1:]
    if given not in ([], ["--insecure"]):
        give_up(f"python -m api.app takes --insecure alone, not {' '.join(given)}")
    proxies = os.environ.get("FORWARDED_ALLOW_IPS") or FORWARDED_ALLOW_IPS
    serve_app(app, os.environ.get("API_HOST") or HOST, int(port), proxies, insecure=bool(given))


if __name__ == "__main__":
    main()
