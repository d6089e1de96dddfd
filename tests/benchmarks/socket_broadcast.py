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
    """Time to the last socket, a row a number of sockets, and memory."""
    sizes, rounds = ((50, 200), 3) if quick else ((100, 1_000, 10_000), 20)
    rows: list[Row] = []
    with sides() as start:
        node = start.node()
        all_sides = [start.ours(), start.limit(), *([node] if node else [])]
        peer, scale = (NODE, 1.0) if node else (LIMIT, 102 / 66)
        without = () if node else ("no Node here: the limit's time times what Node's was to it",)
        for sockets in sizes:
            measured, grown = _round_of(all_sides, f"watched-by-{sockets}", sockets, rounds)
            rows.append(
                Row(
                    what=f"one update to {sockets:,} sockets, last",
                    unit="ms",
                    figures=measured.medians(),
                    peer=peer,
                    ratio=measured.ratio(OURS, peer),
                    target=1.15 * scale,
                    stretch=0.85 * scale,
                    plot=("push", sockets),
                    notes=(
                        "commit or PUBLISH to the last client; clients look each millisecond",
                        measured.spread(OURS, peer),
                        *without,
                    ),
                )
            )
    rows.append(
        Row(
            what="memory of an open socket",
            unit="KiB",
            figures=grown,
            peer=f"{KIB:g} KiB",
            ratio=grown[OURS] / KIB,
            target=1.0,
            notes=(f"resident memory of the server, {sockets:,} sockets open, one update told",),
        )
    )
    return rows


def _round_of(
    all_sides: list[Side], task_id: str, sockets: int, rounds: int
) -> tuple[Rounds, dict[str, float]]:
    """Times, and what a socket costs of each server's memory, in KiB."""
    calls: dict[str, Callable[[], float]] = {}
    grown: dict[str, float] = {}
    with ExitStack() as stack:
        for side in all_sides:
            side.tell(task_id, 0)
            before = side.rss()
            watching = stack.enter_context(side.crowd(*[task_id] * sockets))
            numbers = itertools.count(1)

            def a_round(side: Side = side, watching=watching, numbers=numbers) -> float:
                number = next(numbers)
                watching.last(number)
                sent = side.tell(task_id, number)
                return (watching.lasted() - sent) / 1e6

            a_round()
            grown[side.name] = (side.rss() - before) / 1024 / sockets
            calls[side.name] = a_round
        return Rounds.of(calls, rounds), grown
