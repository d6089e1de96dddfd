"""A cancel, pause or resume of many tasks as it is asked for, checked once here; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..errors import InvalidEvent
from .act import ACTIONS
from .caller_events import name_fits
from .model import MAX_ID

#: Tasks that one act names at most.
MOST_NAMED: Final = 200


def check(action: str, ids: Sequence[str]) -> None:
    """Checks that an act on many can be carried out.

    Raises:
        InvalidEvent: it cannot.
    """
    if action not in ACTIONS:
        raise InvalidEvent(f"action must be one of {', '.join(ACTIONS)}, not {action!r}")
    if isinstance(ids, str) or not 1 <= len(ids) <= MOST_NAMED:
        raise InvalidEvent(f"ids must be 1 to {MOST_NAMED} task ids")
    for task_id in ids:
        name_fits("ids", task_id, MAX_ID)
