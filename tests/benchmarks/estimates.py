"""How right the estimated end is, on recorded durations of real jobs; skipped without a file.

`make bench DURATIONS=…` names the file (its form: `durations`). Nothing is measured by a clock: the
items are replayed through the record's rules, so that each run on each machine gives these figures.
An error is the part of the rest by which a prediction misses it, at the first value with so many of
the items; where nothing is said, the pair of sides is left out and counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from progress_backend.record.past_runs import KEPT, PastRun, history

from .bootstrap import grouped, interval
from .durations import Job, finishes, recorded
from .ranges import range_rows
from .remarked import remark_rows
from .replay import Replay, Value, replayed
from .row import Row

OURS, LINE, TQDM = "ours", "straight line", "tqdm"
PEERS = {LINE: "a straight line", TQDM: "tqdm"}
#: The smoothing was chosen on these; the other families judge it.
TUNED_ON = ("pegasus/epigenomics",)
#: Samples of a bootstrap interval.
SAMPLES = 1_000

Items = tuple[float, ...]


def _slower(seconds: Items) -> Items:
    return _changed(seconds, 3)


def _faster(seconds: Items) -> Items:
    return _changed(seconds, 1 / 3)


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
HUNDREDTHS = Pace("items of hundredths", lambda seconds: tuple(item / 100 for item in seconds))
EIGHT = Pace("eight items at a time", lanes=8)
SLOWER = Pace("3 times slower after a third", _slower)
FASTER = Pace("3 times faster after a third", _faster)

#: Pace, percent of the items, the side that ours is compared with, target and stretch.
POINTS: tuple[tuple[Pace, int, str, float, float | None], ...] = (
    (SECONDS, 25, LINE, 1.2, 1.1),
    (SECONDS, 50, LINE, 1.2, 1.1),
    (SECONDS, 75, LINE, 1.45, 1.35),
    (EIGHT, 25, LINE, 1.2, 1.1),
    (EIGHT, 50, LINE, 1.2, 1.1),
    (EIGHT, 75, LINE, 1.45, 1.35),
    (SECONDS, 25, TQDM, 0.85, None),
    (SECONDS, 50, TQDM, 0.75, None),
    (HUNDREDTHS, 25, TQDM, 1.05, 1.0),
    (HUNDREDTHS, 50, TQDM, 1.05, 1.0),
    (SLOWER, 50, LINE, 0.5, None),
    (FASTER, 50, LINE, 0.5, None),
)


class Replayed(NamedTuple):
    """A job and what each side said of it."""

    job: Job
    values: list[Value]
    #: Past runs of its type that it was estimated by.
    runs: int = 0


class Miss(NamedTuple):
    """The errors of one job's two sides, and the family and the run that it is of."""

    family: str
    run: str
    ours: float
    theirs: float


def measure(quick: bool) -> list[Row]:
    """A row for each comparison; none without a file."""
    path = os.environ.get("DURATIONS")
    if not path:
        print("\nestimates: skipped, DURATIONS names no file of recorded durations")
        return []
    return rows(recorded(Path(path)), 50 if quick else SAMPLES)


def rows(jobs: Sequence[Job], samples: int) -> list[Row]:
    """The rows for these jobs, in the order of their runs."""
    said = {pace: replays(jobs, pace) for pace in dict.fromkeys(point[0] for point in POINTS)}
    made = [_point_row(said[point[0]], *point, samples) for point in POINTS]
    ranges = [
        row for pace in (SECONDS, EIGHT) for row in range_rows(pace.name, said[pace], samples)
    ]
    return [*made, _moves_row(said[SECONDS], samples), *ranges, *remark_rows(jobs)]


def replays(jobs: Sequence[Job], pace: Pace) -> list[Replayed]:
    """The jobs at a pace, each with what its type remembers of the runs before."""
    runs: dict[tuple[str, str], list[PastRun]] = {}
    done = []
    for job in jobs:
        past = runs.setdefault((job.family, job.task_type), [])
        items = finishes(pace.items(job.seconds), pace.lanes)
        told = len(past[-KEPT:])
        replay: Replay = replayed(items, history(past[-KEPT:]))
        past += [replay.run] if replay.run is not None else []
        done.append(Replayed(job, replay.values, told))
    return done


def misses(said: Sequence[Replayed], percent: int, peer: str) -> list[Miss]:
    """Each job's errors at a percentage of its items, of ours and of a peer."""
    found = []
    for job, values, _ in said:
        end = values[-1]
        at = next(v for v in values if v.done * 100 >= percent * end.done)
        theirs = at.line if peer == LINE else at.tqdm
        rest = end.at - at.at
        if rest > 0 and at.ours is not None and theirs is not None:
            errors = abs(at.ours - rest) / rest, abs(theirs - rest) / rest
            found.append(Miss(job.family, job.run, *errors))
    return found


def moves(said: Sequence[Replayed]) -> list[Miss]:
    """The median part of each job's time by which a value moves the predicted end."""
    found = []
    for job, values, _ in said:
        ours = [value.at + value.ours for value in values if value.ours is not None]
        line = [value.at + value.line for value in values if value.line is not None]
        if min(len(ours), len(line)) > 1:
            took = values[-1].at
            found.append(Miss(job.family, job.run, _moved(ours) / took, _moved(line) / took))
    return found


def _moved(ends: Sequence[float]) -> float:
    return median(abs(after - before) for before, after in pairwise(ends))


def _point_row(
    said: Sequence[Replayed],
    pace: Pace,
    percent: int,
    peer: str,
    target: float,
    stretch: float | None,
    samples: int,
) -> Row:
    found = misses(said, percent, peer)
    silent = len(said) - len(found)
    return Row(
        what=f"estimated end at {percent} %, {pace.name}, against {PEERS[peer]}",
        unit="% of the rest",
        figures={OURS: 100 * _median_of(found)[0], peer: 100 * _median_of(found)[1]},
        peer=peer,
        ratio=_ratio(found),
        target=target,
        stretch=stretch,
        notes=(
            *_spread(found, _ratio, samples),
            *((f"{silent} of {len(said)} jobs left out: too short",) if silent else ()),
        ),
    )


def _moves_row(said: Sequence[Replayed], samples: int) -> Row:
    found = moves(said)
    return Row(
        what="how far a value moves the estimated end",
        unit="% of the run",
        figures={OURS: 100 * _median_of(found)[0], LINE: 100 * _median_of(found)[1]},
        peer="the run",
        ratio=_median_of(found)[0],
        target=0.02,
        notes=_spread(found, lambda some: _median_of(some)[0], samples),
    )


def _median_of(found: Sequence[Miss]) -> tuple[float, float]:
    return median(miss.ours for miss in found), median(miss.theirs for miss in found)


def _ratio(found: Sequence[Miss]) -> float:
    ours, theirs = _median_of(found)
    return ours / theirs


def _spread(
    found: Sequence[Miss], figure: Callable[[Sequence[Miss]], float], samples: int
) -> tuple[str, ...]:
    """The figure's interval, and the same figure of the families apart."""
    low, high = interval(found, figure, samples)
    families = [
        f"{family} {figure(own):.3f} ({len(own)})"
        for family, own in grouped(found, lambda miss: miss.family).items()
    ]
    judges = [miss for miss in found if miss.family not in TUNED_ON]
    judged = f"judging families {figure(judges):.3f}; " if 0 < len(judges) < len(found) else ""
    return (
        f"90 % interval {low:.3f}-{high:.3f} (bootstrap over runs), {len(found)} jobs",
        f"{judged}{', '.join(families)}",
    )
