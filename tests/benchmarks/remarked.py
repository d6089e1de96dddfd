"""How many runs of the recorded jobs, all of which have ended well, would have had a remark.

A run is judged right before each of its values, when it has been silent for longest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.record.past_runs import KEPT, LEAST, PastRun, of_task
from progress_backend.record.remarks import Usual, judged, usual

from .durations import Job, finishes
from .replay import BEGAN, after, written
from .row import Row

WORKER = Worker("lease", "celery@bench")


class Judged(NamedTuple):
    """A run, by how many past runs it was judged, and what was said of it."""

    job: Job
    runs: int
    kinds: frozenset[str]


def judgments(jobs: Sequence[Job], lanes: int = 1) -> list[Judged]:
    """The jobs in the order of their runs, each by what its type remembers of those before."""
    runs: dict[tuple[str, str], list[PastRun]] = {}
    found = []
    for job in jobs:
        past = runs.setdefault((job.family, job.task_type), [])
        known = past[-KEPT:]
        kinds, run = _run(finishes(job.seconds, lanes), usual(known))
        found.append(Judged(job, len(known), kinds))
        past += [] if run is None else [run]
    return found


def _run(ends: Sequence[float], slowest: Usual) -> tuple[frozenset[str], PastRun | None]:
    identity = ev.Identity(task_type="job", total_items=len(ends))
    task = after(None, ev.Created(identity=identity), 0.0)
    task = after(task, ev.Started(identity=identity, worker=WORKER), 0.0)
    kinds: set[str] = set()
    for at in written(ends):
        now = BEGAN + timedelta(seconds=at)
        kinds.update(judged(task, slowest, now, answers=True).kinds)
        task = after(task, ev.Progressed(current=bisect_right(ends, at)), at)
    return frozenset(kinds), of_task(after(task, ev.Completed(), at))


def remark_rows(jobs: Sequence[Job]) -> list[Row]:
    """The shares of the runs that have a remark: one item and eight items at a time."""
    rows = []
    for lanes, pace in ((1, "items of seconds"), (8, "eight items at a time")):
        found = judgments(jobs, lanes)
        told = [one for one in found if one.runs >= LEAST]
        for kind, some, target in (("stalled", found, 0.01), ("late", told, 0.06)):
            share = sum(kind in one.kinds for one in some) / max(len(some), 1)
            what, notes = f"runs remarked as {kind}, {pace}", (f"{len(some)} runs",)
            rows.append(Row(what, "%", {"ours": 100 * share}, "all", share, target, notes=notes))
    return rows
