"""Commands about the order of all tasks' ids."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, Part
from .values import text


def _begin(command: c.Beginning, keys: Keys) -> list[Request]:
    first = _bytes(command.prefix)
    # No UTF-8 text has the byte 0xFF: it is behind all that begin so.
    about = (b"[" + first, b"(" + first + b"\xff", b"(" + first)
    return [evalsha(scripts.BEGINNING, [keys.ids], *about, command.start, command.limit)]


def _bytes(task_id: str) -> bytes:
    return task_id.encode(errors="surrogateescape")


def _begun(command: c.Beginning, replies: list[Any]) -> c.Begun:
    total, ids = replies[0]
    return c.Begun(total, tuple(map(text, ids)))


def _begun_in_memory(state: MemoryState, command: c.Beginning) -> c.Begun:
    found = sorted((i for i in state.facets if i.startswith(command.prefix)), key=_bytes)
    return c.Begun(len(found), tuple(found[command.start : command.start + command.limit]))


def _from_the_first(command: c.Beginning, layout: Layout) -> list[Part]:
    """Each partition's first ones: together they hold the page."""
    most = min(command.start + command.limit, c.FIRST)
    part = c.Beginning(command.prefix, 0, most)
    return [(place, part) for place in range(len(layout.keys))]


def _merged(
    command: c.Beginning, layout: Layout, parts: list[Part], replies: list[c.Begun]
) -> c.Begun:
    found = sorted((task_id for reply in replies for task_id in reply.task_ids), key=_bytes)
    until = min(command.start + command.limit, c.FIRST)
    return c.Begun(sum(reply.total for reply in replies), tuple(found[command.start : until]))


def _find(command: c.FindIds, keys: Keys) -> list[Request]:
    names = [keys.ids, keys.ids_from, keys.index()]
    return [evalsha(scripts.FIND_IDS, names, command.until_us, command.limit)]


def _most(command: c.FindIds, layout: Layout, parts: list[Part], replies: list[int]) -> int:
    return max(replies)


TABLE: dict[type[c.Command], Entry] = {
    c.Beginning: Entry(_begin, _begun, _begun_in_memory, _from_the_first, _merged),
    # In memory each task is listed by its id as long as it is there.
    c.FindIds: Entry(_find, lambda _, replies: replies[0] or 0, lambda state, _: 0, merge=_most),
}
