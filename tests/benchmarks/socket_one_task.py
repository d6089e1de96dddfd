"""From a worker's commit to one WebSocket client."""

from __future__ import annotations

from .latency import NOTE, beside_limit, compared
from .row import Row
from .sides import COMMITTED, OURS


def measure(quick: bool) -> list[Row]:
    """Two rows: the middle and the slowest hundredth."""
    updates, rounds = (50, 2) if quick else (600, 12)
    p50, p99 = compared(["job"], 1, updates, 0.003, rounds)
    return [
        Row(
            what=f"worker's commit to a WebSocket client, {name}",
            unit="µs",
            figures=found.medians(),
            peer=COMMITTED,
            ratio=found.ratio(OURS, COMMITTED),
            target=1.2,
            notes=(NOTE, beside_limit(found), found.spread(OURS, COMMITTED)),
        )
        for name, found in (("p50", p50), ("p99", p99))
    ]
