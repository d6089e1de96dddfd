"""A job that says how far it is a thousand times a second, beside the same job untracked."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from progress_backend.embedded import EmbeddedServer

from .jobs import make_app, work_of_a_millisecond
from .rounds import Rounds
from .row import Row
from .workers import workers

OURS, PEER = "tracked", "untracked"
INTERVAL_S = 1.0


def measure(quick: bool) -> list[Row]:
    """One row."""
    steps, rounds = (200, 2) if quick else (1_500, 20)
    work = work_of_a_millisecond()
    spent: dict[str, list[float]] = {OURS: [], PEER: []}
    with EmbeddedServer() as server, workers() as start:
        start(server.url, INTERVAL_S, 1)
        app = make_app(server.url, INTERVAL_S)

        def run(side: str, task: str) -> float:
            began = perf_counter()
            processor_s = app.tasks[task].delay(steps, work).get(timeout=120)
            spent[side].append(processor_s)
            return (perf_counter() - began) * 1000

        measured = Rounds.of(
            {OURS: lambda: run(OURS, "tracked_job"), PEER: lambda: run(PEER, "plain_job")}, rounds
        )
    processor = median(a / b for a, b in zip(spent[OURS][1:], spent[PEER][1:], strict=True))
    return [
        Row(
            what="a job's wall time at one update() a millisecond",
            unit="ms",
            figures=measured.medians(),
            peer=PEER,
            ratio=measured.ratio(OURS, PEER),
            target=1.01,
            notes=(
                f"{steps:,} steps of a millisecond of Python, from delay() to the result",
                f"a prefork worker, interval {INTERVAL_S:g} s",
                f"processor time of the worker's process, all threads: {processor:.4f}×",
                measured.spread(OURS, PEER),
            ),
        )
    ]
