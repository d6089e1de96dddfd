"""From a commit to its watchers: sides in turn, the middle and the slowest hundredth."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import quantiles

from .crowd import Crowd
from .one_core import on_one_core
from .rounds import Rounds
from .sides import LIMIT, OURS, Side, sides

#: How it was measured, for the rows' notes.
NOTE = (
    "both writers commit alike and both relays hear it from Redis; what the bare sockets relay is "
    "a PUBLISH alone; all processes on one core"
)


def compared(
    task_ids: Sequence[str],
    watchers: int,
    updates: int,
    every_s: float,
    rounds: int,
) -> tuple[Rounds, Rounds]:
    """p50 and p99 of each round, in microseconds; the peer is the relay of the same commits.

    `watchers` clients a task hear `updates` updates a round, of one task after the other, one each
    `every_s` seconds. All processes share a core.
    """
    with sides() as start, ExitStack() as stack:
        compared = [start.ours(), start.committed(), start.limit()]
        p50: dict[str, list[float]] = {side.name: [] for side in compared}
        p99: dict[str, list[float]] = {side.name: [] for side in compared}
        crowds: dict[str, Crowd] = {}
        for side in compared:
            for task_id in task_ids:
                side.tell(task_id, 0)
            asked = [task_id for task_id in task_ids for _ in range(watchers)]
            crowds[side.name] = stack.enter_context(side.crowd(*asked))
        others = [pid for side in compared for pid in (*side.pids(), crowds[side.name].pid)]
        stack.enter_context(on_one_core(others))
        for number in range(rounds + 1):
            for side in compared:
                gc.collect()
                first = number * updates + 1
                came = _round(side, crowds[side.name], task_ids, first, updates, every_s)
                assert len(came) == updates * watchers, f"{len(came)} messages at {side.name}"
                if number:  # the first one warms up
                    hundredths = quantiles(came, n=100)
                    p50[side.name].append(hundredths[49])
                    p99[side.name].append(hundredths[98])
            compared.reverse()
    return Rounds(p50), Rounds(p99)


def beside_limit(times: Rounds) -> str:
    """For the notes: the ratio to sockets that need no commit."""
    return f"{times.ratio(OURS, LIMIT):.3f}× {LIMIT}"


def _round(
    side: Side, crowd: Crowd, task_ids: Sequence[str], first: int, updates: int, every_s: float
) -> list[float]:
    crowd.listen()
    sent: dict[int, int] = {}
    began = time.monotonic()
    for number in range(first, first + updates):
        time.sleep(max(0.0, began + (number - first) * every_s - time.monotonic()))
        sent[number] = side.tell(task_ids[number % len(task_ids)], number)
    # Who has this number or a later one has heard the last update of its task.
    heard = crowd.heard(first + updates - len(task_ids))
    return [(at - sent[number]) / 1000 for number, at in heard]
