"""1,000 tasks, three watchers each, an update a second each."""

from __future__ import annotations

from .latency import NOTE, beside_limit, compared
from .row import Row
from .sides import COMMITTED, OURS


def measure(quick: bool) -> list[Row]:
    """Two rows: the middle and the slowest hundredth."""
    tasks, rounds = (50, 2) if quick else (1_000, 8)
    names = [f"job-{number}" for number in range(tasks)]
    p50, p99 = compared(names, 3, tasks, 1 / tasks, rounds)
    what = f"{tasks:,} tasks × 3 watchers, one update a second"
    return [
        Row(
            what=f"{what}, p50",
            unit="µs",
            figures=p50.medians(),
            peer=COMMITTED,
            ratio=p50.ratio(OURS, COMMITTED),
            target=1.2,
            notes=(NOTE, beside_limit(p50), p50.spread(OURS, COMMITTED)),
        ),
        Row(
            what=f"{what}, p99",
            unit="µs",
            figures=p99.medians(),
            peer=COMMITTED,
            ratio=p99.ratio(OURS, COMMITTED),
            target=1.5,
            notes=(beside_limit(p99), p99.spread(OURS, COMMITTED)),
        ),
    ]
