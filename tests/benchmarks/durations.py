"""Durations of jobs' items, recorded in a file.

The file is JSON, gzipped or not: `{"groups": [{"family", "run", "run_at", "type",
"seconds"}]}`, where a group is one task type in one run, its items' seconds in order.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

#: A job has this many items at least and, of those recorded, at most.
LEAST, MOST = 50, 400
#: A second series, recorded once, of other work.
OTHER_WORK = Path(__file__).with_name("other_work.json.gz")


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
