"""Prometheus metrics of this process, and of what the store counts. Labels have few values: never a
task's id, and of task types a bounded number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

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
from ..flows import commands as c
from ..record.model import KINDS, STATUSES
from ..record.times_taken import OTHERS, RUN, WAIT
from .guard import GuardedRoute
from .openapi import route_texts
from .state import Api, api_of

#: The label of the task types that have no total of their own.
OTHER_TYPES: Final = "(others)"

#: `GET /metrics` for Prometheus, for a FastAPI application of your own that includes `router`.
metrics_router = APIRouter(tags=["health"], route_class=GuardedRoute)


@metrics_router.get("/metrics", **route_texts.METRICS)
async def metrics(request: Request) -> Response:
    api = api_of(request)
    tasks: Mapping[str, int] | None = None
    remarks: Mapping[str, int] = {}
    lost, dropped = 0, dict.fromkeys(c.DROPPED, 0)
    times: c.Totals = {}
    outboxes: Mapping[str, c.Outbox] = {}
    evicts: bool | None = None
    try:
        tallied = await api.store.execute(c.Tally(c.Filters()))
        lost = await api.store.execute(c.LostSoFar())
        dropped = await api.store.execute(c.DroppedSoFar())
        times = await api.store.execute(c.Times())
        remarks = dict(zip(KINDS, await api.store.execute(c.CountRemarks()), strict=True))
        targets = api.store.flows.targets
        names = () if targets is None else tuple(target.name for target in targets())
        if names:
            found = await api.store.execute(c.OutboxFigures(names))
            outboxes = dict(zip(names, found, strict=True))
        tasks = dict(zip(STATUSES, tallied.counts, strict=True))
        evicts = bool((await api.store.run(api.flows.count(await api.now()))).evicts)
    except StoreUnavailable:
        pass  # progress_store_up reports it
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    figures = encode(Figures(api, tasks, remarks, lost, dropped, times, outboxes, evicts=evicts))
    return Response(figures, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


class Figures(Collector):
    """The metrics of one scrape: counters, and gauges of the moment."""

    def __init__(
        self,
        api: Api,
        tasks: Mapping[str, int] | None,
        remarks: Mapping[str, int],
        lost: int,
        dropped: Mapping[str, int],
        times: c.Totals,
        outboxes: Mapping[str, c.Outbox],
        *,
        evicts: bool | None,
    ) -> None:
        self._api = api
        #: None: the store does not answer.
        self._tasks = tasks
        self._remarks = remarks
        self._lost = lost
        self._dropped = dropped
        self._times = times
        #: By webhook target.
        self._outboxes = outboxes
        #: None: it is not known.
        self._evicts = evicts

    def collect(self) -> Iterator[Metric]:
        """The metrics of one scrape."""
        api, counts = self._api, self._api.hub.counts
        yield _gauge("progress_store_up", "Whether the store answers.", self._tasks is not None)
        if self._evicts is not None:
            yield _gauge(
                "progress_store_evicts",
                "Whether Redis's maxmemory-policy deletes records when its memory is full.",
                self._evicts,
            )
        if self._tasks is not None:
            yield _by("progress_tasks", "Records in the store.", "status", self._tasks)
            yield _by("progress_remarks", "Open tasks with a remark.", "kind", self._remarks)
            yield CounterMetricFamily(
                "progress_lost",
                "Runs that any worker, beat or API process found lost, as counted in the store.",
                self._lost,
            )
            without_room = CounterMetricFamily(
                "progress_dropped",
                "Events that workers and publishers had no room for while the store did not "
                "answer, as counted in the store.",
                labels=["what"],
            )
            for what, events in self._dropped.items():
                without_room.add_metric([what], events)
            yield without_room
            yield self._seconds(WAIT, "How long tasks waited for their first start.")
            yield self._seconds(RUN, "How long successful runs took, from the start of the run.")
            if self._outboxes:
                yield from _of_webhooks(self._outboxes)
        up = api.listener.connected
        yield _gauge("progress_listener_connected", "Whether updates are received from Redis.", up)
        yield _gauge(
            "progress_watched_tasks",
            "Tasks and workflows watched one by one.",
            api.listener.watched,
        )
        watchers = {"task": api.hub.listeners(), "all_tasks": api.feed.listeners()}
        yield _by("progress_watchers", "Open sockets and event streams.", "kind", watchers)
        delivered, dropped = counts.delivered, counts.dropped
        yield CounterMetricFamily(
            "progress_updates_delivered",
            "States that were sent to clients, the first included.",
            delivered,
        )
        yield CounterMetricFamily(
            "progress_updates_dropped",
            "Updates that a newer one replaced before they were sent.",
            dropped,
        )
        yield from api.measured.collect()

    def _seconds(self, kind: str, says: str) -> Metric:
        family = SummaryMetricFamily(f"progress_{kind}_seconds", says, labels=["task_type"])
        for (its_kind, task_type), (count, us) in sorted(self._times.items()):
            if its_kind == kind:
                label = OTHER_TYPES if task_type == OTHERS else task_type
                family.add_metric([label], count, us / 1e6)
        return family


def _of_webhooks(outboxes: Mapping[str, c.Outbox]) -> Iterator[Metric]:
    """The figures of webhook targets, whose names are those of the settings."""
    waiting = {target: outbox.waiting for target, outbox in outboxes.items()}
    yield _by("progress_webhook_waiting", "Events that wait to be sent.", "target", waiting)
    ended = CounterMetricFamily(
        "progress_webhook_events",
        "Events that were delivered, given up or dropped, as counted in the store.",
        labels=["target", "outcome"],
    )
    for target, outbox in outboxes.items():
        for outcome in ("delivered", "failed", "dropped"):
            ended.add_metric([target, outcome], getattr(outbox, outcome))
    yield ended


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value)


def _by(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
