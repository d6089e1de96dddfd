"""The table of the figures for Prometheus, from progress_backend/web/metrics.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final

from prometheus_client import Metric

from progress_backend.operations import counts as counts_ops
from progress_backend.operations import webhooks
from progress_backend.record.model import KINDS, STATUSES
from progress_backend.record.outcomes import Outcomes
from progress_backend.web.metrics import Figures, StoreCounts
from progress_backend.web.request_counts import Measured

from .tables import markdown

_HEAD: Final = ("Figure", "Kind", "What it is")
#: How a kind of figure ends its name in what is asked for.
_ENDS: Final = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("_sum", "_count"),
}


def metrics() -> Iterator[Metric]:
    """All figures of a process that has answered one request, over a store with each status."""
    measured = Measured()
    measured.request("GET", "/internal/tasks", 200, 0.001)
    counts = SimpleNamespace(delivered=0, dropped=0)
    receivers = {"task": 0, "all_tasks": 0}
    watches = SimpleNamespace(counts=counts, receivers=receivers, watched=0)
    api: Any = SimpleNamespace(
        listener=SimpleNamespace(connected=True, watches=watches), measured=measured
    )
    counted = StoreCounts(
        tasks=dict.fromkeys(STATUSES, 0),
        warnings={(kind, "other"): 0 for kind in KINDS},
        dropped=dict.fromkeys(counts_ops.DROPPED, 0),
        outcomes={"fetch_data": Outcomes(Counter(), Counter({False: 0}))},
        slots={"workers": 0, "busy": 0, "idle": 0},
        oldest_wait_ms=None,
        webhooks={"ops": webhooks.TargetCounts()},
        evicts=False,
    )
    yield from Figures(api, counted).collect()


def names() -> dict[str, set[str]]:
    """The name of each series, and the labels that it has."""
    return {
        metric.name + end: {label for sample in metric.samples for label in sample.labels}
        for metric in metrics()
        for end in _ENDS.get(metric.type, ("",))
    }


def table() -> str:
    """One row a figure of ours; those of the process are as Prometheus's own client names them."""
    rows = []
    for metric in metrics():
        if not metric.name.startswith("progress_"):
            continue
        name = metric.name + ("_total" if metric.type == "counter" else "")
        labels = sorted({label for sample in metric.samples for label in sample.labels} - {"le"})
        shown = f"`{name}{{{', '.join(labels)}}}`" if labels else f"`{name}`"
        rows.append((shown, metric.type, metric.documentation))
    return markdown(_HEAD, rows)
