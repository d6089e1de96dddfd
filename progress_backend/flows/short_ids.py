"""Tasks by the beginning of their ids, for which there is no index: among the newest. Flows;
pure."""

from __future__ import annotations

from typing import Final

from . import commands as c
from .flow import Flow

#: Newest tasks among which an id is looked for, and those of one read.
AMONG: Final = 10_000
_STEP: Final = 1_000


def beginning(prefix: str, filters: c.Filters | None = None) -> Flow[list[str]]:
    """Ids that begin so of the newest tasks, or of those that pass filters, newest first."""
    found: dict[str, None] = {}
    for start in range(0, AMONG, _STEP):
        ids: list[str] = yield c.NewestIds(start, _STEP, filters or c.Filters())
        if not ids:
            break
        found.update((task_id, None) for task_id in ids if task_id.startswith(prefix))
    return list(found)
