"""One update to 10,000 sockets, and what an open socket costs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack

from .rounds import Rounds
from .row import Row
from .sides import LIMIT, NODE, OURS, Side, sides

TASK = "watched-by-all"
#: The limit of an idle connection, in KiB.
KIB = 23.0


def measure(quick: bool) -> list[Row]:
    """Two rows: time to the last socket, and memory."""
    sockets, rounds = (200, 3) if quick else (10_000, 20)
    with sides() as start, ExitStack() as stack:
        node = start.node()
        all_sides = [start.ours(), start.limit(), *([node] if node else [])]
        calls: dict[str, Callable[[], float]] = {}
        grown: dict[str, float] = {}
        for side in all_sides:
            side.tell(TASK, 0)
            before = side.rss()
            watching = stack.enter_context(side.crowd(*[TASK] * sockets))
            numbers = itertools.count(1)

            def a_round(side: Side = side, watching=watching, numbers=numbers) -> float:
                number = next(numbers)
                watching.last(number)
                sent = side.tell(TASK, number)
                return (watching.lasted() - sent) / 1e6

            a_round()
            grown[side.name] = (side.rss() - before) / 1024 / sockets
            calls[side.name] = a_round
        measured = Rounds.of(calls, rounds)
    peer, scale = (NODE, 1.0) if node else (LIMIT, 102 / 66)
    without = () if node else ("without Node here: the limit's time times what Node's was to it",)
    return [
        Row(
            what=f"one update to {sockets:,} sockets, last",
            unit="ms",
            figures=measured.medians(),
            peer=peer,
            ratio=measured.ratio(OURS, peer),
            target=1.15 * scale,
            stretch=0.85 * scale,
            notes=(
                "commit or PUBLISH to the last client; clients look each millisecond",
                measured.spread(OURS, peer),
                *without,
            ),
        ),
        Row(
            what="memory of an open socket",
            unit="KiB",
            figures=grown,
            peer=f"{KIB:g} KiB",
            ratio=grown[OURS] / KIB,
            target=1.0,
            notes=(f"resident memory of the server, {sockets:,} sockets open, one update told",),
        ),
    ]
