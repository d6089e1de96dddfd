"""Tasks in a terminal: read by polling, shown as live bars or, without a terminal, as lines.

`view` reads the store, `formats` makes texts of values, `live_bars` draws (needs rich), `lines`
prints.
"""

from __future__ import annotations

from .lines import Lines
from .view import Choice, Reader, View
from .workflow_view import WorkflowReader

__all__ = ["Choice", "Lines", "Reader", "View", "WorkflowReader"]
