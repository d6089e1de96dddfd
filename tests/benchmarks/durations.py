"""Durations of jobs' items: recorded ones from a file, and made-up ones of the same spread.

A recorded file is JSON, gzipped or not: `{"groups": [{"family", "run", "run_at", "type",
"seconds"}]}`, where a group is one task type in one run, its items' seconds in order.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from math import exp, sqrt
from pathlib import Path
from random import Random
from typing import NamedTuple

#: A job has this many items at least and, of those recorded, at most.
LEAST, MOST = 50, 400


class Job(NamedTuple):
    """One job: the family and run that it is of, its task type, and each item's seconds in
    order."""

    family: str
    run: str
    run_at: str
    task_type: str
    seconds: tuple[float, ...]


def recorded(path: Path) -> list[Job]:
    """The jobs in a file, in the order of their runs; groups of too few items are no jobs.

    Raises:
        OSError: the file cannot be read.
        KeyError, ValueError: it has another form.
    """
    raw = path.read_bytes()
    groups = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)["groups"]
    jobs = [
        Job(g["family"], g["run"], g["run_at"], g["type"], tuple(g["seconds"][:MOST]))
        for g in groups
        if len(g["seconds"]) >= LEAST
    ]
    return sorted(jobs, key=lambda job: job.run_at)


def made_up(seed: int, jobs: int = 60) -> list[Job]:
    """Jobs with items that spread as recorded ones do: four families, some steady, some with
    items that take many times as long as others; each run has a pace of its own, which wanders
    meanwhile and drifts."""
    random = Random(seed)
    #: Typical seconds of an item, spread of the items, and of the pace that they wander about.
    families = {
        "steady": (60.0, 0.1, 0.05),
        "uneven": (12.0, 0.4, 0.35),
        "wild": (5.0, 0.9, 0.4),
        "drifting": (30.0, 0.2, 0.5),
    }
    made = []
    for number in range(jobs):
        family, (typical, spread, wandering) = list(families.items())[number % len(families)]
        pace = typical * exp(random.gauss(0, 0.2))
        total = random.randint(LEAST, MOST)
        # The pace forgets where it was within a quarter of the run.
        kept = exp(-4 / total)
        off, seconds = random.gauss(0, wandering), []
        for _ in range(total):
            off = kept * off + random.gauss(0, wandering) * sqrt(1 - kept**2)
            seconds.append(round(pace * exp(random.gauss(off, spread)), 3))
        run = f"{family}-{number // len(families)}"
        made.append(Job(family, run, f"{number:06}", family, tuple(seconds)))
    return made


def finishes(seconds: Sequence[float], lanes: int = 1) -> list[float]:
    """When each item is done, counted from the start, sorted: `lanes` items run at a time, and the
    next begins as soon as a lane is free."""
    free = [0.0] * lanes
    ends = []
    for item in seconds:
        lane = min(range(lanes), key=free.__getitem__)
        free[lane] += item
        ends.append(free[lane])
    return sorted(ends)
