"""How many requests there were, and how long they took; one set of figures an application."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

#: Upper bounds in seconds: from an answer out of memory to the longest wait for the store.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measured:
    """Figures of the requests, and of the process; by route, never by path."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "progress_http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "progress_http_request_seconds",
            "Time to an answer's first byte.",
            ["method", "route"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        #: Looking labels up costs more than counting.
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request."""
        known = self._known.get((method, route, status))
        if known is None:
            counter = self._requests.labels(method, route, str(status))
            known = (counter, self._seconds.labels(method, route))
            self._known[method, route, status] = known
        known[0].inc()
        known[1].observe(seconds)
