"""Threads that end with their process (greenlets under gevent)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


def daemon(name: str, work: Callable[[], None]) -> threading.Thread | None:
    """Starts a daemon thread; None, with a log line, where the system has no thread left."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        logger.warning("the thread %s cannot be started yet: %s", name, error)
        return None
    return thread
