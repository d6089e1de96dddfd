"""Tasks in a terminal: read by polling, shown as live bars or, without a terminal, as lines.

`store_source` reads a store and `api_source` an API, `formats` makes texts of values, `live_bars`
draws (needs rich), `lines` prints.
"""

from __future__ import annotations

from .lines import Lines
from .view import Choice, TaskReader, View
from .workflow_view import WorkflowReader

__all__ = ["Choice", "Lines", "TaskReader", "View", "WorkflowReader"]
