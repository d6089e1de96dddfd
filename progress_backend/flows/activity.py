"""What ended lately, and how long tasks of each type take. A flow; pure."""

from __future__ import annotations

from datetime import datetime
from statistics import median
from typing import Any, Final

from ..record.ends import MINUTE_MS
from ..record.local_time import LocalTime
from ..record.model import rendered
from ..record.times_taken import OTHERS, RUN
from . import commands as c
from .flow import Flow
from .stored_record import milliseconds
from .task_flows import Flows

#: Types that are told of, those that ran most often.
MOST_TYPES: Final = 20


def activity(flows: Flows, minutes: int, now: datetime) -> Flow[dict[str, Any]]:
    """How many tasks ended in each of the last minutes, the current one last, and the medians of
    the last ten successful runs of each type: the body of `GET /internal/activity`."""
    last = milliseconds(now) // MINUTE_MS
    wanted = tuple(range(last - minutes + 1, last + 1))
    ends: list[c.Ends] = yield c.EndsIn(wanted)
    local = LocalTime(flows.settings.zone())
    told = [
        {
            "at": rendered(local.at(minute * MINUTE_MS / 1000)),
            **dict(zip(counts._fields, counts, strict=True)),
        }
        for minute, counts in zip(wanted, ends, strict=True)
    ]
    histograms: c.Histograms = yield c.Times()
    runs = {name: sum(one.counts) for (kind, name), one in histograms.items() if kind == RUN}
    runs.pop(OTHERS, None)
    types = []
    for name in sorted(runs, key=lambda name: (-runs[name], name))[:MOST_TYPES]:
        past: tuple[c.PastRun, ...] = yield c.RunsOf(name)
        took = [run.seconds if run.whole is None else run.whole for run in past if run.ended_ms]
        waited = [run.waited for run in past if run.waited is not None]
        medians = {"median_run_s": _median(took), "median_wait_s": _median(waited)}
        types.append({"task_type": name, **medians, "runs": runs[name]})
    return {"minutes": told, "types": types}


def _median(seconds: list[float]) -> float | None:
    return round(median(seconds), 3) if seconds else None
