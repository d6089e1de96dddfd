"""What counting costs a job: `track(iterable)` an item, and a throttled `update()` a call."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from time import process_time_ns
from typing import Any

import tqdm
from celery import Celery, Task

from progress_backend import ProgressNotifier, install, progress_task
from progress_backend.embedded import EmbeddedServer

from .rounds import Measure, Rounds
from .row import Row

TRACK, TQDM = "track()", "tqdm"
UPDATE, STEP = "update(i)", "tqdm.update(1)"
PLAIN = "plain loop"


def measure(quick: bool) -> list[Row]:
    """Two rows."""
    count, rounds = (100_000, 3) if quick else (500_000, 15)

    def track(notifier: ProgressNotifier) -> Row:
        sides = {
            TRACK: lambda: _walked(notifier.track(range(count)), count),
            TQDM: lambda: _walked(tqdm.tqdm(range(count), file=io.StringIO()), count),
            PLAIN: lambda: _walked(range(count), count),
        }
        what = "track(iterable), empty loop, an item"
        return _row(what, sides, rounds, TRACK, TQDM, target=0.35, stretch=0.2)

    def update(notifier: ProgressNotifier) -> Row:
        update, advance = notifier.update, notifier.advance
        update(0, count)
        with tqdm.tqdm(total=count * (rounds + 1), file=io.StringIO()) as bar:
            step = bar.update
            sides = {
                UPDATE: lambda: _called(count, lambda over: [update(i) for i in over]),
                STEP: lambda: _called(count, lambda over: [step(1) for _ in over]),
                "advance()": lambda: _called(count, lambda over: [advance() for _ in over]),
                PLAIN: lambda: _called(count, lambda over: [None for _ in over]),
            }
            what = "update(), throttled, a call"
            return _row(what, sides, rounds, UPDATE, STEP, target=0.45, stretch=0.36)

    return _in_task(track, update)


def _row(
    what: str,
    sides: dict[str, Measure],
    rounds: int,
    ours: str,
    peer: str,
    *,
    target: float,
    stretch: float,
) -> Row:
    whole = Rounds.of(sides, rounds)
    added = whole.less(PLAIN)
    notes = (
        f"the plain loop ({whole.medians()[PLAIN]:.1f} ns) is taken off every side; with it: "
        f"{whole.ratio(ours, peer):.3f}× {peer}",
        f"processor time of all threads, {added.spread(ours, peer)}",
    )
    ratio = added.ratio(ours, peer)
    return Row(what, "ns", added.medians(), peer, ratio, target, stretch, notes=notes)


def _walked(iterable: Iterable[int], count: int) -> float:
    began = process_time_ns()
    for _ in iterable:
        pass
    return (process_time_ns() - began) / count


def _called(count: int, loop: Callable[[range], object]) -> float:
    over = range(count)
    began = process_time_ns()
    loop(over)
    return (process_time_ns() - began) / count


def _in_task(*codes: Callable[[ProgressNotifier], Row]) -> list[Row]:
    """What each returns, called as the body of an eager run, its sender's thread alive."""
    with EmbeddedServer() as server:
        app = Celery("benchmark", broker=server.url, backend=server.url, set_as_current=False)
        install(app, redis_url=server.url, beat=False, flower_events=False)
        rows: list[Row] = []

        @app.task(bind=True, shared=False, name="benchmark.body")
        @progress_task
        def body(self: Task, code: Any) -> None:
            notifier = ProgressNotifier(self)
            notifier.update(0, 1)  # wakes the sender's thread for the first time
            rows.append(code(notifier))

        for code in codes:
            body.apply((code,), throw=True)
    return rows
