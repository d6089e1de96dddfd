"""Commands about when tasks ended: the list by end, and how many ended in each minute."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ...record.ends import KEPT_MINUTES, MINUTE_MS, STATUSES
from ..memory_state import MemoryState
from ..requests import Request
from .entry import Entry, Part
from .values import pairs, text, whole

#: Counts of a minute, each of which stands below its minute times this.
_PLACES: Final = len(STATUSES)
_ROOM: Final = 10**8


def when_and_slot(end: c.End | None) -> tuple[int | str, str]:
    """When a task ended, and the slot in which its end is counted; "" for none."""
    if end is None:
        return "", ""
    return end.at_ms, _slot(end.at_ms // MINUTE_MS, end.place) if end.place else ""


def _slot(minute: int, place: int) -> str:
    """Where a minute's ends are counted: the minutes of a day take turns."""
    return f"{minute % KEPT_MINUTES}|{place}"


def end_in_memory(state: MemoryState, commit: c.Commit) -> None:
    """Keeps the end of a commit in memory."""
    if commit.end is None:
        return
    at_ms, place = commit.end
    state.ended[commit.task_id] = at_ms
    minute = at_ms // MINUTE_MS
    known = max(state.ends, default=minute)
    if place and minute > known - KEPT_MINUTES:
        counts = list(state.ends.get(minute, c.Ends()))
        counts[place - 1] += 1
        state.ends[minute] = c.Ends(*counts)
        for old in [one for one in state.ends if one <= minute - KEPT_MINUTES]:
            del state.ends[old]


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


def _ends(command: c.EndsIn, keys: Keys) -> list[Request]:
    places = range(1, _PLACES + 1)
    slots = [_slot(minute, place) for minute in command.minutes for place in places]
    return [("HMGET", keys.ends, *slots)]


def _counts(command: c.EndsIn, replies: list[Any]) -> list[c.Ends]:
    stored = replies[0] or [None] * (_PLACES * len(command.minutes))
    return [
        c.Ends(*(_of(minute, one) for one in stored[_PLACES * at : _PLACES * (at + 1)]))
        for at, minute in enumerate(command.minutes)
    ]


def _of(minute: int, stored: bytes | None) -> int:
    """A count of a minute, in whose slot another minute's may stand."""
    try:
        known, count = divmod(int(stored or b"0"), _ROOM)
    except ValueError:  # another program's text
        return 0
    return count if known == minute else 0


def _ends_in_memory(state: MemoryState, command: c.EndsIn) -> list[c.Ends]:
    return [state.ends.get(minute, c.Ends()) for minute in command.minutes]


def _sums(
    command: c.EndsIn, layout: Layout, parts: list[Part], replies: list[list[c.Ends]]
) -> list[c.Ends]:
    each = zip(*replies, strict=True)
    return [c.Ends(*map(sum, zip(*of_minute, strict=True))) for of_minute in each]


TABLE: dict[type[c.Command], Entry] = {
    c.LatestEnded: Entry(_latest, _page, _page_in_memory, _from_the_first, _merged),
    c.EndsIn: Entry(_ends, _counts, _ends_in_memory, merge=_sums),
}
