"""`track(iterable)` over an empty loop, an item: what counting costs beside the loop itself."""

from __future__ import annotations

import io
from collections.abc import Iterable
from time import process_time_ns
from typing import Any

import rich.console
import rich.progress
import tqdm

from progress_backend import ProgressNotifier

from .eager import in_task
from .rounds import Rounds
from .row import Row

OURS, PEER, PLAIN = "track()", "tqdm", "plain loop"


def measure(quick: bool) -> list[Row]:
    """One row."""
    items, rounds = (100_000, 3) if quick else (1_000_000, 15)

    def compare(notifier: ProgressNotifier, task: Any) -> Rounds:
        def a_loop(make: Any) -> Any:
            return lambda: _nanoseconds(make(range(items)), items)

        return Rounds.of(
            {
                OURS: a_loop(notifier.track),
                PEER: a_loop(lambda over: tqdm.tqdm(over, file=io.StringIO())),
                "rich": a_loop(_rich),
                PLAIN: a_loop(lambda over: over),
            },
            rounds,
        )

    whole = in_task(compare)
    added = whole.less(PLAIN)
    plain = whole.medians()[PLAIN]
    return [
        Row(
            what="track(iterable), empty loop, an item",
            unit="ns",
            figures=added.medians(),
            peer=PEER,
            ratio=added.ratio(OURS, PEER),
            target=0.35,
            stretch=0.2,
            notes=(
                f"the plain loop ({plain:.1f} ns) is taken off every side",
                f"with it: {whole.ratio(OURS, PEER):.3f}× tqdm",
                f"processor time of all threads, {items:,} items, {added.spread(OURS, PEER)}",
            ),
        )
    ]


def _nanoseconds(iterable: Iterable[int], items: int) -> float:
    began = process_time_ns()
    for _ in iterable:
        pass
    return (process_time_ns() - began) / items


def _rich(over: Iterable[int]) -> Iterable[int]:
    return rich.progress.track(over, console=rich.console.Console(file=io.StringIO()))
