"""Prometheus metrics of this process, and of what the store counts. Labels have few values: never a
task's id, and of task types a bounded number."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from math import inf
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response
from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from ..errors import StoreUnavailable
from ..flows import outcome_figures
from ..operations import counts, lists, webhooks
from ..operations.lists import Filters
from ..record.model import STATUSES
from ..record.outcomes import ATTEMPT, CORRECTED, RUN, WAIT, Outcomes, by_type
from ..service import worker_list
from .route_table import route, text
from .state import Api, api_of
from .strict_route import StrictRoute

#: `GET /metrics` for Prometheus, for a FastAPI application of your own that includes `router`.
metrics_router = APIRouter(tags=["health"], route_class=StrictRoute)


class StoreCounts(NamedTuple):
    """What the store counts."""

    tasks: Mapping[str, int]
    #: By kind and task type.
    warnings: Mapping[tuple[str, str], int]
    dropped: Mapping[str, int]
    outcomes: Mapping[str, Outcomes]
    slots: dict[str, int]
    oldest_wait_ms: int | None
    #: By webhook target.
    webhooks: Mapping[str, webhooks.TargetCounts]
    evicts: bool


@metrics_router.get("/metrics")
@route(
    "Metrics for Prometheus",
    ("metrics", "metrics"),
    {200: text("The metrics, in Prometheus's text format or as OpenMetrics.", "text/plain")},
)
async def metrics(request: Request) -> Response:
    """Reads figures of tasks, Redis, watchers, updates, requests and this process."""
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


async def _counted(api: Api) -> StoreCounts:
    execute, run, now = api.store.execute, api.store.run, await api.now()
    outcomes = by_type(await execute(counts.outcomes()))
    targets = api.store.flows.targets
    names = () if targets is None else tuple(target.name for target in targets())
    events = await execute(webhooks.figures(names)) if names else ()
    return StoreCounts(
        tasks=dict(zip(STATUSES, (await execute(lists.tally(Filters()))).counts, strict=True)),
        warnings=await run(outcome_figures.warnings(outcomes)),
        dropped=await execute(counts.dropped()),
        outcomes=outcomes,
        slots=await run(outcome_figures.slots(now)),
        oldest_wait_ms=await run(worker_list.oldest_wait_ms(api.flows, now)),
        webhooks=dict(zip(names, events, strict=True)),
        evicts=bool((await execute(counts.memory())).evicts),
    )


class Figures(Collector):
    """The metrics of one scrape: counters, and gauges of the moment. `counted` is None while
    Redis does not reply."""

    def __init__(self, api: Api, counted: StoreCounts | None) -> None:
        self._api = api
        self._counted = counted

    def collect(self) -> Iterator[Metric]:
        """The metrics of one scrape."""
        api, watches, counted = self._api, self._api.listener.watches, self._counted
        yield _gauge("store_up", "1 while Redis replies, else 0.", counted is not None)
        if counted is not None:
            yield from _of_store(counted)
        says = "1 while the API receives updates from Redis, else 0."
        yield _gauge("listener_connected", says, api.listener.connected)
        says = "Number of tasks and workflows that clients watch individually."
        yield _gauge("watched_tasks", says, watches.watched)
        says = "Number of open sockets and event streams."
        yield _gauge("watchers", says, watches.receivers, "kind")
        says = "States that were sent to clients, including the first state of each client."
        yield _counter("updates_delivered", says, watches.counts.delivered)
        says = "Updates that were replaced by a newer update before they were sent."
        yield _counter("updates_dropped", says, watches.counts.dropped)
        yield from api.measured.collect()


def _of_store(counted: StoreCounts) -> Iterator[Metric]:
    says = "1 if Redis's maxmemory-policy deletes records when its memory is full, else 0."
    yield _gauge("store_evicts", says, counted.evicts)
    yield _gauge("tasks", "Number of records in Redis.", counted.tasks, "status")
    says = "Number of open tasks with a warning."
    yield _gauge("warnings", says, counted.warnings, "kind", "task_type")
    says = "Waiting time of the oldest task that may start; 0 if no task waits."
    yield _gauge("oldest_waiting_seconds", says, (counted.oldest_wait_ms or 0) / 1e3)
    slots = dict(counted.slots)
    yield _gauge("workers", "Number of workers with a valid lease.", slots.pop("workers"))
    says = "busy: number of tasks that these workers run; idle: how many more they can run."
    yield _gauge("slots", says, slots, "state")
    says = (
        "Events that workers and publishers dropped because their outbox was full while "
        "Redis did not reply, counted in Redis."
    )
    yield _counter("dropped", says, counted.dropped, "what")
    yield from _of_types(counted.outcomes)
    if not (events := counted.webhooks):
        return
    waiting = {target: its.waiting for target, its in events.items()}
    yield _gauge("webhook_waiting", "Number of events that wait to be sent.", waiting, "target")
    says, outcomes = "Events of webhooks, by outcome.", ("delivered", "failed", "dropped")
    sent = {(target, o): getattr(its, o) for target, its in events.items() for o in outcomes}
    yield _counter("webhook_events", says, sent, "target", "outcome")


def _of_types(outcomes: Mapping[str, Outcomes]) -> Iterator[Metric]:
    """What each type has counted in Redis."""
    every = sorted(outcomes.items())
    ends = {(name, *end): n for name, its in every for end, n in its.ends.items()}
    says = "Ended tasks; an error has its cause."
    yield _counter("ended", says, ends, "task_type", "status", "cause")
    says = "Ends after which the task continued, or got another final state."
    yield _counter("ended_corrected", says, {n: o.sums[CORRECTED] for n, o in every}, "task_type")
    says = "Runs after a task's first: retries and redeliveries."
    yield _counter("attempts", says, {n: o.sums[ATTEMPT] for n, o in every}, "task_type")
    says = "Time of the last success; scheduled: whether Celery's beat published the task."
    last = {(n, f"{s}".lower()): ms / 1e3 for n, o in every for s, ms in o.successes.items()}
    yield _gauge("last_success_timestamp_seconds", says, last, "task_type", "scheduled")
    for kind, says in (
        (WAIT, "Time that tasks waited for their first start."),
        (RUN, "Time that successful runs took, from the start of the run."),
    ):
        family = HistogramMetricFamily(f"progress_{kind}_seconds", says, labels=["task_type"])
        for name, its in every:
            buckets = [(f"{bound}" if bound < inf else "+Inf", n) for bound, n in its.buckets(kind)]
            family.add_metric([name], buckets, its.sum_s(kind))
        yield family


Values = float | Mapping[Any, float]


def _figure(kind: Any, name: str, says: str, values: Values, *labels: str) -> Metric:
    """A metric with one value, or with one for each label, or for each tuple of them."""
    family: Metric = kind(f"progress_{name}", says, labels=labels)
    for label, value in values.items() if isinstance(values, Mapping) else [((), values)]:
        family.add_metric([label] if isinstance(label, str) else label, value)  # type: ignore[attr-defined]  # each kind has it
    return family


_gauge: Final = partial(_figure, GaugeMetricFamily)
_counter: Final = partial(_figure, CounterMetricFamily)
