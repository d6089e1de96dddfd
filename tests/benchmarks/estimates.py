"""How right the estimated end is, on recorded durations of real jobs: of a file, without which
all rows are skipped, and of the other work that has been recorded once, by which no rule was
chosen.

`make bench DURATIONS=…` names the file (its form: `durations`). Nothing is measured by a clock: the
items are replayed through the record's rules, so that each run on each machine gives these figures.
An error is the part of the rest by which a prediction misses it, at the first value with so many of
the items; where there is none, the pair of sides is left out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from progress_backend.record.past_runs import KEPT, PastRun, history

from .durations import OTHER_WORK, Job, finishes, recorded
from .ranges import by_family, range_rows
from .replay import Value, replayed
from .row import Row
from .silences import silence_rows

OURS, LINE = "ours", "straight line"

Items = tuple[float, ...]


def _changed(seconds: Items, factor: float) -> Items:
    """The items, those after a third of them longer by a factor."""
    third = len(seconds) // 3
    return seconds[:third] + tuple(item * factor for item in seconds[third:])


class Pace(NamedTuple):
    """A way to run the recorded items."""

    name: str
    items: Callable[[Items], Items] = lambda seconds: seconds
    lanes: int = 1


SECONDS = Pace("items of seconds")
EIGHT = Pace("eight items at a time", lanes=8)
SLOWER = Pace("3 times slower after a third", lambda seconds: _changed(seconds, 3))
OTHER = Pace("other work")
OTHER_EIGHT = Pace("other work, eight at a time", lanes=8)
FASTER = Pace("3 times faster after a third", lambda seconds: _changed(seconds, 1 / 3))

#: Pace, percent of the items, target and stretch.
POINTS: tuple[tuple[Pace, int, float, float | None], ...] = (
    (SECONDS, 25, 1.2, 1.1),
    (SECONDS, 50, 1.2, 1.1),
    (SECONDS, 75, 1.45, 1.35),
    (EIGHT, 25, 1.2, 1.1),
    (EIGHT, 50, 1.2, 1.1),
    (EIGHT, 75, 1.45, 1.35),
    (SLOWER, 50, 0.5, None),
    (FASTER, 50, 0.5, None),
)


class Replayed(NamedTuple):
    """A job, its values, and the past runs of its type that it was estimated by."""

    job: Job
    values: list[Value]
    runs: int = 0


class Miss(NamedTuple):
    """The errors of one job's two sides, and its family."""

    family: str
    ours: float
    line: float


def measure(quick: bool) -> list[Row]:
    """A row for each comparison; none without a file. `quick` makes no difference."""
    path = os.environ.get("DURATIONS")
    if not path:
        print("\nestimates: skipped, DURATIONS names no file of recorded durations")
        return []
    jobs = recorded(Path(path))
    replayed_at = {pace: replays(jobs, pace) for pace in dict.fromkeys(at[0] for at in POINTS)}
    points = [_point_row(replayed_at[point[0]], *point) for point in POINTS]
    other = recorded(OTHER_WORK)
    replayed_at |= {pace: replays(other, pace) for pace in (OTHER, OTHER_EIGHT)}
    judged = [
        row
        for pace in (SECONDS, EIGHT, OTHER, OTHER_EIGHT)
        for rows in (range_rows, silence_rows)
        for row in rows(pace.name, replayed_at[pace])
    ]
    return [*points, _moves_row(replayed_at[SECONDS]), *judged]


def replays(jobs: Sequence[Job], pace: Pace) -> list[Replayed]:
    """The jobs at a pace, each with what its type remembers of the runs before."""
    runs: dict[tuple[str, str], list[PastRun]] = {}
    done = []
    for job in jobs:
        past = runs.setdefault((job.family, job.task_type), [])
        items = finishes(pace.items(job.seconds), pace.lanes)
        known = past[-KEPT:]
        replay = replayed(items, history(known))
        past += [replay.run] if replay.run is not None else []
        done.append(Replayed(job, replay.values, len(known)))
    return done


def misses(jobs: Sequence[Replayed], percent: int) -> list[Miss]:
    """Each job's errors at a percentage of its items, of ours and of a straight line."""
    found = []
    for job, values, _ in jobs:
        end = values[-1]
        at = next(v for v in values if v.done * 100 >= percent * end.done)
        rest = end.at - at.at
        if rest > 0 and at.ours is not None and at.line is not None:
            errors = abs(at.ours - rest) / rest, abs(at.line - rest) / rest
            found.append(Miss(job.family, *errors))
    return found


def moves(jobs: Sequence[Replayed]) -> list[Miss]:
    """The median part of each job's time by which a value moves the predicted end."""
    found = []
    for job, values, _ in jobs:
        ours = [value.at + value.ours for value in values if value.ours is not None]
        line = [value.at + value.line for value in values if value.line is not None]
        if min(len(ours), len(line)) > 1:
            took = values[-1].at
            found.append(Miss(job.family, _moved(ours) / took, _moved(line) / took))
    return found


def _moved(ends: Sequence[float]) -> float:
    return median(abs(after - before) for before, after in pairwise(ends))


def _point_row(
    jobs: Sequence[Replayed], pace: Pace, percent: int, target: float, stretch: float | None
) -> Row:
    found = misses(jobs, percent)
    ours, line = _medians(found)
    return Row(
        what=f"estimated end at {percent} %, {pace.name}",
        unit="% of the rest",
        figures={OURS: 100 * ours, LINE: 100 * line},
        peer=LINE,
        ratio=ours / line,
        target=target,
        stretch=stretch,
        notes=(by_family(found, lambda some: 100 * _medians(some)[0]),),
    )


def _moves_row(jobs: Sequence[Replayed]) -> Row:
    found = moves(jobs)
    ours, line = _medians(found)
    return Row(
        what="how far a value moves the estimated end",
        unit="% of the run",
        figures={OURS: 100 * ours, LINE: 100 * line},
        peer="the run",
        ratio=ours,
        target=0.02,
        notes=(by_family(found, lambda some: 100 * _medians(some)[0]),),
    )


def _medians(found: Sequence[Miss]) -> tuple[float, float]:
    return median(miss.ours for miss in found), median(miss.line for miss in found)
