"""A job's items replayed through the record's rules, as the sender writes its values; and through
a straight line, which sees the same items."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from progress_backend.record import events as ev
from progress_backend.record.estimate import band_of, within
from progress_backend.record.first_estimate import estimated
from progress_backend.record.local_time import optional_moment
from progress_backend.record.model import Task, replace
from progress_backend.record.past_runs import History, PastRun, of_task
from progress_backend.record.task_json import stored_of
from progress_backend.record.task_warnings import longest_silence
from progress_backend.record.transition import transition
from progress_backend.record.work import Band

#: Seconds between the values that are written (`PROGRESS_UPDATE_INTERVAL_S`).
INTERVAL_S = 1.0
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = History()


class Value(NamedTuple):
    """A written value: seconds since the job's start, the items done, and the seconds that each
    side says are left then; None where it says nothing. `least` and `most` are ours, whether or not
    they are too far apart to be shown."""

    at: float
    done: int
    ours: float | None
    line: float | None
    least: float | None = None
    most: float | None = None
    #: Seconds until the next value after which the run is called stalled; and without past runs.
    stalled_s: tuple[float | None, ...] = (None, None)


class Replay(NamedTuple):
    """A job's values up to its end, and what its type remembers of it."""

    values: list[Value]
    run: PastRun | None


def replayed(finishes: Sequence[float], history: History = NOTHING) -> Replay:
    """The values that a job with these items writes: its count at the start, and then the newest
    one after each interval. `history` is that of its type."""
    total = len(finishes)
    identity = ev.Identity(task_type="job", total_items=total)
    task = after(None, ev.Created(identity=identity), 0.0)
    task = after(task, ev.Started(identity=identity), 0.0)
    values = []
    for at in written(finishes):
        done = bisect_right(finishes, at)
        task = after(task, ev.Progressed(current=done, total=total), at)
        line = at * (total - done) / done if done else None
        if task.rate and task.usual is None:
            task = replace(task, usual=history.numbers)
        ours, band = _left(task, history, at), _band(task, history)
        least, most = (None, None) if ours is None or band is None else within(ours, band)
        silences = longest_silence(task, history.past), longest_silence(task, ())
        values.append(Value(at, done, ours, line, least, most, silences))
    return Replay(values, of_task(after(task, ev.Completed(), values[-1].at)))


def written(finishes: Sequence[float]) -> Iterator[float]:
    """The times at which a value is written."""
    yield 0.0
    last, done = 0.0, 0
    while done < len(finishes):
        last = max(finishes[done], last + INTERVAL_S)
        done = bisect_right(finishes, last)
        yield last


def _left(task: Task, history: History, at: float) -> float | None:
    """Seconds that are left by the estimate which a reader of the record gets."""
    record = stored_of(task)
    if record.estimated_completion is None and record.rate is None:
        record = estimated(record, history)
    end = optional_moment(record.estimated_completion)
    return None if end is None else (end - BEGAN).total_seconds() - at


def _band(task: Task, history: History) -> Band | None:
    if task.rate:
        return band_of(task)
    return None if history.pace is None else history.pace.band


def after(task: Task | None, event: ev.Event, at: float) -> Task:
    """The task after an event so many seconds after `BEGAN`."""
    revision = 1 if task is None else task.revision + 1
    now = BEGAN + timedelta(milliseconds=round(at * 1000))
    return transition(task, event, now, task_id="job", locale="en", lease_s=60.0, revision=revision)
