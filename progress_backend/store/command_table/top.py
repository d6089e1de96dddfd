"""Commands about what a person started: tasks that are no workflow's member, and outermost
workflows."""

from __future__ import annotations

from itertools import chain
from math import inf
from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, Part, everywhere, own
from .values import pairs, text, whole

Placed = list[tuple[int, str]]


def _singles(command: c.Singles, keys: Keys) -> list[Request]:
    names = [keys.index(), keys.every_member]
    return [evalsha(scripts.SINGLES, names, command.until_us, command.limit)]


def _outermost(command: c.Outermost, keys: Keys) -> list[Request]:
    bounds = (command.until_us, "-inf", "WITHSCORES", "LIMIT", 0, command.limit)
    return [("ZREVRANGEBYSCORE", keys.outermost, *bounds)]


def _times_and_ids(command: c.Command, replies: list[Any]) -> Placed:
    return [(whole(us), text(one)) for one, us in pairs(replies[0] or [])]


def _singles_of_all(
    command: c.Singles, layout: Layout, parts: list[Part], replies: list[Placed]
) -> Placed:
    found = own(layout, parts, replies, lambda pair: pair[1])
    return sorted(found, reverse=True)[: command.limit]


def _newest_of_each(command: c.Outermost, layout: Layout) -> list[Part]:
    return everywhere(c.Outermost(inf, c.LISTED), layout)


def _outermost_of_all(
    command: c.Outermost, layout: Layout, parts: list[Part], replies: list[Placed]
) -> Placed:
    """Sorts each workflow by the latest of its times, as the list of workflows does."""
    latest = {workflow_id: us for us, workflow_id in sorted(chain.from_iterable(replies))}
    found = sorted(((us, workflow_id) for workflow_id, us in latest.items()), reverse=True)
    listed = found[: c.LISTED]
    return [one for one in listed if one[0] <= command.until_us][: command.limit]


def _since(command: c.StartedSince, keys: Keys) -> list[Request]:
    names = (keys.index(), keys.every_member, keys.outermost)
    return [("ZCOUNT", name, f"({command.after_us}", "+inf") for name in names]


def _counted(command: c.StartedSince, replies: list[Any]) -> tuple[int, int]:
    tasks, members, workflows = (reply or 0 for reply in replies)
    return max(tasks - members, 0), workflows


def _sums(
    command: c.StartedSince, layout: Layout, parts: list[Part], replies: list[tuple[int, int]]
) -> tuple[int, int]:
    singles, workflows = map(sum, zip(*replies, strict=True))
    return singles, workflows


def _us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _singles_in_memory(state: MemoryState, command: c.Singles | None = None) -> Placed:
    found = [(_us(state.created[i]), i) for i, f in state.facets.items() if not f.workflows]
    return _newest(found, command)


def _outermost_in_memory(state: MemoryState, command: c.Outermost | None = None) -> Placed:
    return _newest([(_us(at), one) for one, at in state.outermost.items()], command)


def _newest(found: Placed, command: c.Singles | c.Outermost | None) -> Placed:
    found.sort(reverse=True)
    if command is None:
        return found
    return [one for one in found if one[0] <= command.until_us][: command.limit]


def _since_in_memory(state: MemoryState, command: c.StartedSince) -> tuple[int, int]:
    each = (_singles_in_memory(state), _outermost_in_memory(state))
    singles, workflows = (sum(us > command.after_us for us, _ in found) for found in each)
    return singles, workflows


TABLE: dict[type[c.Command], Entry] = {
    c.Singles: Entry(_singles, _times_and_ids, _singles_in_memory, merge=_singles_of_all),
    c.Outermost: Entry(
        _outermost, _times_and_ids, _outermost_in_memory, _newest_of_each, _outermost_of_all
    ),
    c.StartedSince: Entry(_since, _counted, _since_in_memory, merge=_sums),
}
