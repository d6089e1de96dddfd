"""`update()` that is throttled: the newest value is kept, nothing is written for it."""

from __future__ import annotations

import io
from collections.abc import Callable
from time import process_time_ns
from typing import Any

import tqdm

from progress_backend import ProgressNotifier

from .eager import in_task
from .rounds import Rounds
from .row import Row

OURS, PEER, PLAIN = "update(i)", "tqdm.update(1)", "plain loop"


def measure(quick: bool) -> list[Row]:
    """One row."""
    calls, rounds = (100_000, 3) if quick else (500_000, 15)

    def compare(notifier: ProgressNotifier, task: Any) -> Rounds:
        update, advance = notifier.update, notifier.advance
        update(0, calls)
        with tqdm.tqdm(total=calls * (rounds + 1), file=io.StringIO()) as bar:
            step = bar.update
            return Rounds.of(
                {
                    OURS: lambda: _timed(calls, lambda r: [update(i) for i in r]),
                    PEER: lambda: _timed(calls, lambda r: [step(1) for _ in r]),
                    "update(i, total, message)": lambda: _timed(
                        calls, lambda r: [update(i, calls, "loading") for i in r]
                    ),
                    "advance()": lambda: _timed(calls, lambda r: [advance() for _ in r]),
                    PLAIN: lambda: _timed(calls, lambda r: [None for _ in r]),
                },
                rounds,
            )

    whole = in_task(compare)
    added = whole.less(PLAIN)
    return [
        Row(
            what="update(), throttled, a call",
            unit="ns",
            figures=added.medians(),
            peer=PEER,
            ratio=added.ratio(OURS, PEER),
            target=0.45,
            stretch=0.36,
            notes=(
                f"the plain loop ({whole.medians()[PLAIN]:.1f} ns) is taken off every side",
                f"with it: {whole.ratio(OURS, PEER):.3f}× tqdm",
                f"processor time of all threads, {calls:,} calls, {added.spread(OURS, PEER)}",
            ),
        )
    ]


def _timed(calls: int, loop: Callable[[range], object]) -> float:
    over = range(calls)
    began = process_time_ns()
    loop(over)
    return (process_time_ns() - began) / calls
