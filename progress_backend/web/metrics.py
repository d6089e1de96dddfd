"""Prometheus metrics of this process, and of what the store counts. Labels have few values: never a
task's id, and of task types a bounded number."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response
from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ..errors import StoreUnavailable
from ..operations import counts, lists, webhooks
from ..operations.lists import Filters
from ..record.model import KINDS, STATUSES
from ..record.time_totals import OTHERS, RUN, WAIT, Totals
from .route_table import route, text
from .state import Api, api_of
from .strict_route import StrictRoute

#: The label of the task types that have no total of their own.
OTHER_TYPES: Final = "(others)"

#: `GET /metrics` for Prometheus, for a FastAPI application of your own that includes `router`.
metrics_router = APIRouter(tags=["health"], route_class=StrictRoute)


class Counted(NamedTuple):
    """What the store counts."""

    tasks: Mapping[str, int]
    warnings: Mapping[str, int]
    lost: int
    dropped: Mapping[str, int]
    times: Totals
    #: By webhook target.
    webhooks: Mapping[str, webhooks.Figures]
    evicts: bool


@metrics_router.get("/metrics")
@route(
    "Metrics for Prometheus",
    ("metrics", "metrics"),
    {200: text("The metrics, in Prometheus's text format or as OpenMetrics.", "text/plain")},
)
async def metrics(request: Request) -> Response:
    """Tasks by status, store, watchers, updates, requests by route, and this process."""
    api = api_of(request)
    counted = None
    with contextlib.suppress(StoreUnavailable):  # progress_store_up reports it
        counted = await _counted(api)
    try:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
    except (TypeError, ValueError):  # it compares a version, whatever that is, with (1, 0, 0)
        encode, content_type = choose_encoder("")
    figures = encode(Figures(api, counted))
    return Response(figures, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


async def _counted(api: Api) -> Counted:
    execute = api.store.execute
    targets = api.store.flows.targets
    names = () if targets is None else tuple(target.name for target in targets())
    events = await execute(webhooks.figures(names)) if names else ()
    return Counted(
        tasks=dict(zip(STATUSES, (await execute(lists.tally(Filters()))).counts, strict=True)),
        warnings=dict(zip(KINDS, await execute(counts.warnings()), strict=True)),
        lost=await execute(counts.lost()),
        dropped=await execute(counts.dropped()),
        times=await execute(counts.times()),
        webhooks=dict(zip(names, events, strict=True)),
        evicts=bool((await execute(counts.memory())).evicts),
    )


class Figures(Collector):
    """The metrics of one scrape: counters, and gauges of the moment. `counted` is None while
    Redis does not reply."""

    def __init__(self, api: Api, counted: Counted | None) -> None:
        self._api = api
        self._counted = counted

    def collect(self) -> Iterator[Metric]:
        """The metrics of one scrape."""
        api, watches, counted = self._api, self._api.listener.watches, self._counted
        yield _gauge("progress_store_up", "1 while Redis replies, else 0.", counted is not None)
        if counted is not None:
            yield from _of_store(counted)
        yield _gauge(
            "progress_listener_connected",
            "1 while the API receives updates from Redis, else 0.",
            api.listener.connected,
        )
        yield _gauge(
            "progress_watched_tasks",
            "Number of tasks and workflows that clients watch individually.",
            watches.watched,
        )
        yield _gauge(
            "progress_watchers",
            "Number of open sockets and event streams.",
            watches.receivers,
            "kind",
        )
        yield _counter(
            "progress_updates_delivered",
            "States that were sent to clients, including the first state of each client.",
            watches.counts.delivered,
        )
        yield _counter(
            "progress_updates_dropped",
            "Updates that were replaced by a newer update before they were sent.",
            watches.counts.dropped,
        )
        yield from api.measured.collect()


def _of_store(counted: Counted) -> Iterator[Metric]:
    yield _gauge(
        "progress_store_evicts",
        "1 if Redis's maxmemory-policy deletes records when its memory is full, else 0.",
        counted.evicts,
    )
    yield _gauge("progress_tasks", "Number of records in Redis.", counted.tasks, "status")
    yield _gauge(
        "progress_warnings", "Number of open tasks with a warning.", counted.warnings, "kind"
    )
    yield _counter(
        "progress_lost",
        "Runs that workers, beat and API processes recorded as lost, counted in Redis.",
        counted.lost,
    )
    yield _counter(
        "progress_dropped",
        "Events that workers and publishers dropped because their memory for events was full while "
        "Redis did not reply, counted in Redis.",
        counted.dropped,
        "what",
    )
    for kind, says in (
        (WAIT, "Time that tasks waited for their first start."),
        (RUN, "Time that successful runs took, from the start of the run."),
    ):
        family = SummaryMetricFamily(f"progress_{kind}_seconds", says, labels=["task_type"])
        for (its_kind, task_type), (count, us) in sorted(counted.times.items()):
            if its_kind == kind:
                label = OTHER_TYPES if task_type == OTHERS else task_type
                family.add_metric([label], count, us / 1e6)
        yield family
    if not (events := counted.webhooks):
        return
    waiting = {target: its.waiting for target, its in events.items()}
    yield _gauge(
        "progress_webhook_waiting", "Number of events that wait to be sent.", waiting, "target"
    )
    yield _counter(
        "progress_webhook_events",
        "Events that were delivered, given up or dropped, counted in Redis.",
        {
            (target, outcome): getattr(its, outcome)
            for target, its in events.items()
            for outcome in ("delivered", "failed", "dropped")
        },
        *("target", "outcome"),
    )


Values = float | Mapping[str, float] | Mapping[tuple[str, str], float]


def _figure(kind: Any, name: str, says: str, values: Values, *labels: str) -> Metric:
    """A metric with one value, or with one for each label, or for each two."""
    family: Metric = kind(name, says, labels=labels)
    for label, value in values.items() if isinstance(values, Mapping) else [((), values)]:
        family.add_metric([label] if isinstance(label, str) else label, value)  # type: ignore[attr-defined]  # each kind has it
    return family


_gauge: Final = partial(_figure, GaugeMetricFamily)
_counter: Final = partial(_figure, CounterMetricFamily)
