"""Logging of `progress-backend serve` to stderr; without this its process has none."""

from __future__ import annotations

import logging
from typing import Final

from ..audit import logger as audit

LINE: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr() -> None:
    """Writes the audit log and all warnings to stderr, each line with its time and level. A root
    logger that has handlers keeps those."""
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(LINE))
    logging.getLogger().addHandler(handler)
    audit.setLevel(logging.INFO)
