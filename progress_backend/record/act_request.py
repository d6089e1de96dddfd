"""A cancel, pause or resume of many tasks as it is asked for, checked once here; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import InvalidEvent
from .act import ACTIONS
from .caller_events import name_fits
from .list_request import ListRequest
from .model import MAX_ID

#: Tasks that one act is about at most: chosen by a filter, or named.
MOST_CHOSEN: Final = 1_000
MOST_NAMED: Final = 200
#: What a filter may have.
FILTERS: Final = (
    *("status", "task_type", "symbol", "owner", "remark"),
    *("id_prefix", "created_from", "created_to"),
)


def check(
    action: str,
    ids: Sequence[str] | None,
    chosen: Mapping[str, Any] | None,
    limit: int | None,
) -> None:
    """Checks that an act on many can be carried out.

    Raises:
        InvalidEvent: it cannot.
    """
    if action not in ACTIONS:
        raise InvalidEvent(f"action must be one of {', '.join(ACTIONS)}, not {action!r}")
    if (ids is None) == (chosen is None):
        raise InvalidEvent("give ids or a filter, and not both")
    if ids is not None:
        if isinstance(ids, str) or not 1 <= len(ids) <= MOST_NAMED:
            raise InvalidEvent(f"ids must be 1 to {MOST_NAMED} task ids")
        for task_id in ids:
            name_fits("ids", task_id, MAX_ID)
        if limit is not None:
            raise InvalidEvent("limit goes with a filter: leave it out beside ids")
        return
    if limit is not None and (not isinstance(limit, int) or not 1 <= limit <= MOST_CHOSEN):
        raise InvalidEvent(f"limit must be 1 to {MOST_CHOSEN}, not {limit!r}")
    filter_of(chosen or {}).check()


def filter_of(given: Mapping[str, Any]) -> ListRequest:
    """The list that a filter is one of.

    Raises:
        InvalidEvent: it has a name that none has.
    """
    if wrong := [name for name in given if name not in FILTERS]:
        raise InvalidEvent(f"a filter has {', '.join(FILTERS)}, not {', '.join(map(str, wrong))}")
    return ListRequest(**given)
