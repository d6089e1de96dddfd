"""Logging of `progress-backend serve`, whose process has none of its own: to stderr."""

from __future__ import annotations

import logging
from typing import Final

from ...log_lines import JsonLines
from ..audit import logger as audit

LINE: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr(*, as_json: bool) -> None:
    """Writes the audit log and all warnings to stderr, each line with its time and level; as JSON
    also this package's lines from INFO on. A process whose root logger has handlers keeps those."""
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(LINE))
    logging.getLogger().addHandler(handler)
    (logging.getLogger("progress_backend") if as_json else audit).setLevel(logging.INFO)
