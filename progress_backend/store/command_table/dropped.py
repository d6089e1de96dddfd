"""Commands about events that processes have dropped while the store did not answer."""

from __future__ import annotations

from ...flows import commands as c
from .entry import Entry, in_the_first
from .values import nothing, whole

TABLE: dict[type[c.Command], Entry] = {
    c.CountDropped: Entry(
        lambda command, keys: [
            ("HINCRBY", keys.dropped, what, events) for what, events in command.events.items()
        ],
        nothing,
        in_the_first,
    ),
    c.DroppedSoFar: Entry(
        lambda _, keys: [("HMGET", keys.dropped, *c.DROPPED)],
        lambda _, replies: {
            what: whole(events or 0)
            for what, events in zip(c.DROPPED, replies[0] or [None] * len(c.DROPPED), strict=True)
        },
        in_the_first,
    ),
}
