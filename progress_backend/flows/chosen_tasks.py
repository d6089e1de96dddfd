"""The tasks that an act on many is about: those that pass a filter and whose status the act can
change. A flow; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from ..record.act import Action
from ..record.list_request import ListRequest
from ..record.model import TaskStatus
from ..record.responses import id_of, status_of
from .flow import Flow
from .task_flows import Flows
from .task_list import listed

#: The statuses of the tasks that an act changes.
_CHANGED: Final[Mapping[Action, tuple[str, ...]]] = {
    "cancel": (TaskStatus.RUNNING, TaskStatus.CREATED, TaskStatus.PAUSED),
    "pause": (TaskStatus.RUNNING, TaskStatus.CREATED),
    "resume": (TaskStatus.PAUSED,),
}
_PAGE: Final = 100
#: Pages of a status that are read at most.
_MOST_PAGES: Final = 50


class Chosen(NamedTuple):
    """Ids of tasks, and whether more pass the filter."""

    task_ids: tuple[str, ...]
    more: bool


def lists(action: Action, asked: ListRequest) -> list[ListRequest]:
    """The lists that have these tasks; one of all statuses where none is of a status alone."""
    # Neither of these has an index with a status.
    apart = asked.remark is not None or (asked.id_prefix is not None and not asked.looks)
    if apart or asked.status is not None:
        return [asked]
    return [replace(asked, status=status) for status in _CHANGED[action]]


def chosen(
    flows: Flows, action: Action, asked: ListRequest, limit: int, now: datetime
) -> Flow[Chosen]:
    """The newest tasks that pass a filter, `limit` at most; without a status in it those that the
    action changes. By ids they are in the order of these."""
    found: dict[str, None] = {}
    statuses = _CHANGED[action] if asked.status is None else (asked.status,)
    for one in lists(action, asked):
        page, cursor = 1, None
        for _ in range(_MOST_PAGES):
            some = replace(one, page=page, limit=_PAGE, cursor=cursor)
            rows = yield from listed(flows, some, now, light=True)
            found.update((id_of(row), None) for row in rows.rows if status_of(row) in statuses)
            if len(found) > limit:
                return Chosen(tuple(found)[:limit], more=True)
            if rows.total is None:
                cursor = rows.cursor
                if cursor is None:
                    break
            elif page * _PAGE >= rows.total:
                break
            else:
                page += 1
        else:  # few pass of very many that are looked at
            return Chosen(tuple(found), more=True)
    return Chosen(tuple(found), more=False)
