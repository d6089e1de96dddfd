"""Counts and durations of HTTP requests; one set of metrics per application.

prometheus-client's own counters are not used: one event loop needs none of their locks, which would
cost more than a tenth of a read of a task.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from prometheus_client import Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from .rights import Refusal

#: Upper bounds in seconds: from a cached response to the longest wait for the store.
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS: Final = (*map(str, _BOUNDS), "+Inf")

#: Why requests and sockets are refused: no token that counts, what a token may not do, a page's
#: origin that is not allowed, and the limits.
REFUSED: Final = (
    "token",
    "right",
    "origin",
    "writes",
    "records",
    "bytes",
    "client_sockets",
    "sockets",
)
_OF_STATUS: Final = {401: "token", 403: "right"}


@dataclass(slots=True)
class _Times:
    """Requests by their duration: one count per bound, and one above the last."""

    counts: list[int] = field(default_factory=lambda: [0] * len(_LABELS))
    total_s: float = 0.0


class Measured(Collector):
    """Metrics of the requests by route, never by path; and of the process."""

    def __init__(self) -> None:
        self._process = ProcessCollector(registry=None)
        #: By method, route and status.
        self._times: dict[tuple[str, str, int], _Times] = {}
        self._refused = dict.fromkeys(REFUSED, 0)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request."""
        times = self._times.get((method, route, status))
        if times is None:
            times = self._times[method, route, status] = _Times()
        times.counts[bisect_left(_BOUNDS, seconds)] += 1
        times.total_s += seconds

    def refusal(self, refusal: Refusal) -> None:
        """Counts a request or socket that was refused."""
        kind = refusal.kind or _OF_STATUS.get(refusal.status, "")
        if kind in self._refused:
            self._refused[kind] += 1

    def collect(self) -> Iterator[Metric]:
        """The metrics of one scrape."""
        refused = CounterMetricFamily(
            "progress_refused",
            "Requests and sockets that were refused, by what they lacked or the limit that they "
            "were above.",
            labels=["kind"],
        )
        for kind, count in self._refused.items():
            refused.add_metric([kind], count)
        yield refused
        requests = CounterMetricFamily(
            "progress_http_requests",
            "Requests that were answered.",
            labels=["method", "route", "status"],
        )
        routes: dict[tuple[str, str], list[_Times]] = {}
        for (method, route, status), times in self._times.items():
            requests.add_metric([method, route, str(status)], sum(times.counts))
            routes.setdefault((method, route), []).append(times)
        yield requests
        seconds = HistogramMetricFamily(
            "progress_http_request_seconds",
            "Time until an answer began.",
            labels=["method", "route"],
        )
        for (method, route), found in routes.items():
            counts = map(sum, zip(*(times.counts for times in found), strict=True))
            buckets = list(zip(_LABELS, accumulate(counts), strict=True))
            seconds.add_metric([method, route], buckets, sum(times.total_s for times in found))
        yield seconds
        yield from self._process.collect()
