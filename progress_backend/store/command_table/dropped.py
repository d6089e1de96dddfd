"""Commands about events that processes have dropped while the store did not answer."""

from __future__ import annotations

from ...flows import commands as c
from ..memory_state import MemoryState
from .entry import Entry, in_the_first
from .values import nothing, whole


def _count_in_memory(state: MemoryState, command: c.CountDropped) -> None:
    state.dropped.update(command.events)


TABLE: dict[type[c.Command], Entry] = {
    c.CountDropped: Entry(
        lambda command, keys: [
            ("HINCRBY", keys.dropped, what, events) for what, events in command.events.items()
        ],
        nothing,
        _count_in_memory,
        in_the_first,
    ),
    c.DroppedSoFar: Entry(
        lambda _, keys: [("HMGET", keys.dropped, *c.DROPPED)],
        lambda _, replies: {
            what: whole(events or 0)
            for what, events in zip(c.DROPPED, replies[0] or [None] * len(c.DROPPED), strict=True)
        },
        lambda state, _: {what: state.dropped[what] for what in c.DROPPED},
        in_the_first,
    ),
}
