"""Tasks in a terminal: read by polling, shown as live bars or, without a terminal, as lines.

`view` reads the store and `api_view` an API, `formats` makes texts of values, `live_bars` draws
(needs rich), `lines` prints.
"""

from __future__ import annotations

from .api_view import ApiReader
from .lines import Lines
from .view import Choice, Reader, View
from .workflow_view import WorkflowReader

__all__ = ["ApiReader", "Choice", "Lines", "Reader", "View", "WorkflowReader"]
