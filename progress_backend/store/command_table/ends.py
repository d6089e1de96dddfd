"""Commands about when tasks ended: the list by end."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ..memory_state import MemoryState
from ..requests import Request
from .entry import Entry, Part
from .values import pairs, text, whole


def end_in_memory(state: MemoryState, commit: c.Commit) -> None:
    """Keeps the end of a commit in memory."""
    if commit.end_ms is not None:
        state.ended[commit.task_id] = commit.end_ms


def _latest(command: c.LatestEnded, keys: Keys) -> list[Request]:
    name, last = keys.ended(command.status), command.start + command.limit - 1
    return [("ZCARD", name), ("ZREVRANGE", name, command.start, last, "WITHSCORES")]


def _page(command: c.LatestEnded, replies: list[Any]) -> c.EndedPage:
    found = pairs(replies[1] or []) if command.limit else []
    return c.EndedPage(replies[0] or 0, tuple((whole(ms), text(task_id)) for task_id, ms in found))


def _page_in_memory(state: MemoryState, command: c.LatestEnded) -> c.EndedPage:
    ids = [i for i, facets in state.facets.items() if facets.status == command.status]
    found = sorted(((state.ended.get(i, 0), i) for i in ids), reverse=True)
    return c.EndedPage(len(found), tuple(found[command.start : command.start + command.limit]))


def _from_the_first(command: c.LatestEnded, layout: Layout) -> list[Part]:
    """Each partition's last ones: together they hold the page."""
    part = c.LatestEnded(command.status, 0, min(command.start + command.limit, c.FIRST))
    return [(place, part) for place in range(len(layout.keys))]


def _merged(
    command: c.LatestEnded, layout: Layout, parts: list[Part], replies: list[c.EndedPage]
) -> c.EndedPage:
    found = sorted(chain.from_iterable(reply.found for reply in replies), reverse=True)
    until = min(command.start + command.limit, c.FIRST)
    return c.EndedPage(sum(reply.total for reply in replies), tuple(found[command.start : until]))


TABLE: dict[type[c.Command], Entry] = {
    c.LatestEnded: Entry(_latest, _page, _page_in_memory, _from_the_first, _merged),
}
