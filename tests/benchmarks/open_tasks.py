"""How often the end of all open tasks holds: `python -m tests.benchmarks.open_tasks FILE` replays
the run times of WfInstances (JSON: `groups`, each with family, run, run_at, type and seconds).

Types of a run are published together (`mixed`) or each by itself, for 1, 4 or 16 processes.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappushpop
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from progress_backend.record.local_time import moment
from progress_backend.record.open_tasks import TypeCounts, last_end, of_all
from progress_backend.record.past_runs import KEPT, PastRun

#: The family by which the rules were chosen.
_CHOSEN_BY = "pegasus/epigenomics"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_MS = int(_START.timestamp() * 1000)


class _Run(NamedTuple):
    end: float
    start: float
    name: str


def _played(jobs: list[tuple[str, float]], processes: int) -> list[_Run]:
    free, runs = [0.0] * (processes - 1), list[_Run]()
    start = 0.0
    for name, seconds in jobs:
        runs.append(_Run(start + seconds, start, name))
        start = heappushpop(free, start + seconds)
    return sorted(runs)


def _holds(runs: list[_Run], at: float, before: dict[str, list[float]]) -> bool | None:
    """Whether the estimate of this second holds; None without one."""
    now, ends = _START + timedelta(seconds=at), {}
    running = [run.name for run in runs if run.start <= at < run.end]
    for name in {run.name for run in runs if run.end > at}:
        own = [run for run in runs if run.name == name]
        past = [PastRun(_MS, max(s, 0.001), 0, waited=0) for s in before.get(name, ())] + [
            PastRun(_MS + int(end * 1000), max(end - start, 0.001), 0, waited=start)
            for end, start, _ in own
            if end <= at
        ]
        waits, runs_now = sum(run.start > at for run in own), running.count(name)
        tasks = TypeCounts(waits, runs_now, later=False, alone=runs_now == len(running))
        if past and (end := last_end(tasks, past[-KEPT:], [], _START, now)):
            ends[name] = end
    if (last := of_all([*ends.values()])) is None:
        return None
    actual = _START + timedelta(seconds=max(run.end for run in runs if run.name in ends))
    earliest = moment(last.earliest) if last.earliest else now
    return earliest <= actual <= moment(last.latest)


def _cases(groups: list[dict[str, Any]]) -> Iterator[tuple[str, int, bool | None]]:
    random, before, by_run = Random(7), dict[str, list[float]](), defaultdict(list)
    for group in sorted(groups, key=lambda one: one["run_at"]):
        by_run[group["family"], group["run"]].append(group)
    for (family, _), of_run in by_run.items():
        alone = [[(one["type"], s) for s in one["seconds"]] for one in of_run]
        mixed = [job for jobs in alone for job in jobs]
        random.shuffle(mixed)
        for kind, jobs in (("mixed", mixed), *(("alone", jobs) for jobs in alone)):
            for processes in (1, 4, 16) if len(jobs) >= 12 else ():
                runs = _played(jobs, processes)
                for part in (0, 0.1, 0.25, 0.5, 0.75, 0.9) if len(jobs) >= 2 * processes else ():
                    done = int(len(jobs) * part)
                    since = runs[done - 1].end if done else 0.0
                    at = since + random.random() * (runs[done].end - since) * 0.99
                    who = "chosen by" if family == _CHOSEN_BY else "others"
                    yield f"{who}, {kind}", processes, _holds(runs, at, before)
        for one in of_run:
            before[one["type"]] = (before.get(one["type"], []) + one["seconds"])[-KEPT:]


found = defaultdict[str, list[bool | None]](list)
for its, processes, held in _cases(json.loads(Path(sys.argv[1]).read_text())["groups"]):
    for name in (its, f"{its}, {processes} at a time"):
        found[name].append(held)
for name, every in sorted(found.items()):
    shown = [one for one in every if one is not None]
    share = sum(shown) / max(len(shown), 1)
    print(f"{name}: {share:.1%} of {len(shown):,} hold; {len(every) - len(shown):,} without")
