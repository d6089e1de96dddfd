"""One face over both stores, so that one suite holds them to the same behaviour."""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar

from redis.cluster import RedisCluster

from progress_backend.flows import silent_runs, task_list
from progress_backend.flows.flow import Flow
from progress_backend.flows.stored_record import Applied, ReadRecord, milliseconds
from progress_backend.operations import sweeps, workflows
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.record.list_request import ListRequest
from progress_backend.record.model import STATUSES, Task, Worker
from progress_backend.record.workflow import WorkflowCounts
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.cluster_connection import sync_cluster
from progress_backend.store.connection import sync_client
from progress_backend.store.drivers import Store
from tests.asked import asks, page_of
from tests.waiting import PATIENCE_S

T = TypeVar("T")
TYPES = ("fetch_data", "bulk_import")
SYMBOLS = ("7203.T", "6758.T", None)
#: A workflow.
W = "w|1"


def suspects(settings: Settings, now: datetime, token: str) -> Flow[list[ReadRecord]]:
    """All runs under expired leases with records that were not written for a lease's time."""
    found: list[ReadRecord] = []
    for lease, task_ids in (yield from silent_runs.run_out(settings, now, token)):
        found += yield from silent_runs.silent(settings, now, lease, task_ids)
    return found


class Driver(AbstractContextManager["Driver"]):
    """Drives flows against a store and looks behind it."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.settings: Settings = store.settings
        self.flows = store.flows
        self.keys: Keys = store.keys
        self.run(self.flows.get("nobody"))  # has the clock measured
        opened: Any = sync_cluster if self.settings.clustered else sync_client
        self.raw = opened(self.settings, Deadline(PATIENCE_S))

    def run(self, flow: Flow[T]) -> T:
        return self.store.run(flow)

    def execute(self, command: Any) -> Any:
        return self.store.execute(command)

    def now(self):
        return self.store.now()

    def close(self) -> None:
        self.raw.close()
        self.store.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def drive(
        self, flow: Flow[T], meanwhile: Callable[[Any], object], at: type | str = object
    ) -> T:
        """As `run`; `meanwhile` happens right before each call that asks this of Redis."""
        reply: Any = None
        try:
            while True:
                command = flow.send(reply)
                if asks(command, at) if isinstance(at, str) else isinstance(command, at):
                    meanwhile(command)
                reply = self.execute(command)
        except StopIteration as end:
            return end.value

    # Shorthands

    def apply(self, task_id: str, *events: ev.Event, **options: Any) -> Applied:
        now = options.pop("now", None) or self.now()
        return self.run(self.flows.apply(task_id, events, now, **options))

    def create(self, task_id: str, **identity: Any) -> ReadRecord:
        return self.apply(task_id, ev.Created(identity=identity_of(**identity))).base

    def start(self, task_id: str, lease: str | None = None, **identity: Any) -> ReadRecord:
        worker = Worker(lease, f"celery@{lease}") if lease else None
        started = ev.Started(identity=identity_of(**identity), worker=worker)
        return self.apply(task_id, started).base

    def task(self, task_id: str) -> Task | None:
        document = self.run(self.flows.get(task_id))
        return None if document is None else task_json.decode(document)

    def ids(self, page: int = 1, limit: int = 100, *filters: str | None) -> list[str]:
        return [task_id for task_id, _ in self.run(page_of(self.flows, page, limit, *filters)).rows]

    def listed(self, **asked: Any) -> task_list.ListedTasks:
        """A page of the list, as it is asked for."""
        return self.run(task_list.listed(self.flows, ListRequest(**asked), self.now()))

    # Behind the store

    def due_ms(self, task_id: str) -> int | None:
        """From when cleanup may delete the record."""
        found = self.execute(sweeps.due(2**52, 10**6))
        if task_id not in found:
            return None
        low, high = 0, 2**52
        while low < high:
            middle = (low + high) // 2
            if task_id in self.execute(sweeps.due(middle, 10**6)):
                high = middle
            else:
                low = middle + 1
        return low

    def names(self, task_id: str) -> Keys:
        """The names of a task's partition; of plain keys, all there are."""
        return self.store.layout.of_task(task_id)

    def lose(self, task_id: str) -> None:
        assert self.raw.delete(self.names(task_id).task(task_id))

    def ttl_ms(self, task_id: str) -> float:
        return self.raw.pttl(self.names(task_id).task(task_id))

    def left_over(self) -> set[str]:
        """The names of all keys."""
        return {name.decode() for name in self.raw.scan_iter()}

    def used_memory(self) -> int:
        """In bytes, of all masters."""
        if not self.settings.clustered:
            return self.raw.info("memory")["used_memory"]
        memory = self.raw.info("memory", target_nodes=RedisCluster.PRIMARIES)
        # Of one node, or of several.
        answers = [memory] if "used_memory" in memory else memory.values()
        return sum(answer["used_memory"] for answer in answers)

    def indexes(self) -> dict[str, set[str]]:
        """Every index set by its content, as it lies in Redis."""
        found = {}
        for keys in self.store.layout.keys:
            for kind in ("tasks*", "progress_lease_tasks:*"):
                for name in self.raw.scan_iter(keys.prefix + kind):
                    found[name.decode()] = {m.decode() for m in self.raw.zrange(name, 0, -1)}
        return found


class OverAsync(Driver):
    """Over `AsyncStore`, on a loop of its own."""

    def __init__(self, settings: Settings, **options: float) -> None:
        self._runner = asyncio.Runner()
        super().__init__(AsyncStore(settings, **options))

    def run(self, flow: Flow[T]) -> T:
        return self._runner.run(self.store.run(flow))

    def execute(self, command: Any) -> Any:
        return self._runner.run(self.store.execute(command))

    def close(self) -> None:
        self.raw.close()
        self._runner.run(self.store.close())
        self._runner.close()


def in_parts(settings: Settings) -> Settings:
    """Keys in partitions as on a cluster, all on one node, which no other test may request."""
    object.__setattr__(settings, "partitions", 3)
    return settings


def over(kind: str, settings: Settings) -> Driver:
    """A driver over "async", or else `Store`."""
    if kind == "async":
        return OverAsync(settings, timeout_s=PATIENCE_S)
    return Driver(Store(settings, PATIENCE_S))


def identity_of(
    task_type: str = "fetch_data", total_items: int | None = 10, **rest: Any
) -> ev.Identity:
    return ev.Identity(task_type=task_type, total_items=total_items, **rest)


def check_agreement(driver: Driver, task_ids: Iterable[str]) -> None:
    """Every list, count and index set agrees with the documents."""
    tasks = [task for i in task_ids if (task := driver.task(i)) is not None]
    for status in (None, *STATUSES):
        for task_type in (None, *TYPES):
            for symbol in (None, *filter(None, SYMBOLS)):
                paged = driver.run(page_of(driver.flows, 1, 100, status, task_type, symbol))
                expected = {
                    t.task_id
                    for t in tasks
                    if status in (None, t.status)
                    and task_type in (None, t.task_type)
                    and symbol in (None, t.symbol)
                }
                assert {i for i, _ in paged.rows} == expected
                assert paged.total == len(expected)
                assert paged.counts == tuple(sum(t.status == s for t in tasks) for s in STATUSES)
    _check_sets(driver, tasks)


def _check_sets(driver: Driver, tasks: list[Task]) -> None:
    expected: dict[str, set[str]] = {}
    for task in tasks:
        keys = driver.names(task.task_id)
        names = list(keys.indexes(task.status, task.task_type, task.symbol))
        assert len(names) == (4 if task.symbol is None else 8)
        if task.worker is not None and not task.ended:
            names.append(keys.lease_tasks(task.worker.lease))
        eta = task.started_at is None and task.eta
        if task.status == "created" and (eta or task.planned):
            names.append(keys.not_startable_yet(task.task_type))
        names += map(keys.warned, () if task.warnings is None else task.warnings.kinds)
        if task.worker is not None and task.still_runs:
            names += [keys.warned("still_runs"), keys.lease_tasks(task.worker.lease)]
        if task.owner is not None:
            names += (keys.owned(task.owner), keys.owned(task.owner, task.status))
        for name in names:
            expected.setdefault(name, set()).add(task.task_id)
    assert driver.indexes() == expected
    for keys in driver.store.layout.keys:
        own = [t for t in tasks if driver.names(t.task_id) == keys]
        facets = driver.raw.hgetall(keys.facets)
        assert {i.decode(): json.loads(f)[0] for i, f in facets.items()} == {
            t.task_id: t.status for t in own
        }
        expiry = driver.raw.zrange(keys.expiry, 0, -1)
        assert {i.decode() for i in expiry} == {t.task_id for t in own}


def figures(driver: Driver, workflow_id: str = W) -> WorkflowCounts:
    """A workflow's figures now."""
    now_ms = milliseconds(driver.now())
    found: WorkflowCounts = driver.execute(workflows.figures(workflow_id, now_ms))
    return found


def calls(driver: Driver) -> dict[str, int]:
    """How often each command was carried out."""
    stats = driver.raw.info("commandstats")
    return {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in stats.items()}
