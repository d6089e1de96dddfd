"""Celery's own loggers as JSON, where the settings ask for that (PROGRESS_LOG_JSON)."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from celery import signals

from ..errors import SettingsError
from ..log_lines import JsonLines
from .tracker import Tracker


def connect(tracker: Tracker) -> None:
    """Gives the handlers that Celery sets up in a worker or beat the formatter, if that is set; a
    logger that an application has set up itself stays as it is."""

    def formatted(logger: logging.Logger, **_: Any) -> None:
        with suppress(SettingsError):  # tracking says so itself, once
            if tracker.settings.log_json:
                for handler in logger.handlers:
                    handler.setFormatter(JsonLines())

    for signal in (signals.after_setup_logger, signals.after_setup_task_logger):
        tracker.connect(signal, formatted, "json")
