"""Tasks by the beginning of their ids, for which there is no index: among the newest. Flows;
pure."""

from __future__ import annotations

from math import inf
from typing import Final

from ..operations import lists
from ..operations.lists import Filters
from .flow import Flow

#: Newest tasks among which an id is looked for, and those of one read: for more at once an event
#: loop would do nothing else for milliseconds.
AMONG: Final = 10_000
_STEP: Final = 250


def beginning(prefix: str, filters: Filters | None = None) -> Flow[list[str]]:
    """Ids that begin so of the newest tasks, or of those that pass filters, newest first."""
    seen: dict[str, None] = {}
    until = inf
    while len(seen) < AMONG:
        newest = yield from lists.newest(until, _STEP, (filters or Filters(),))
        seen.update((task_id, None) for _, task_id in newest)
        if len(newest) < _STEP:
            break
        # Others may have been created in the microsecond of the last one.
        until = min(newest[-1][0], until - 1)
    return [task_id for task_id in seen if task_id.startswith(prefix)]
