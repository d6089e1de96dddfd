"""The pace of a workflow's updates, and when it is read."""

import asyncio
from typing import Any

import pytest

from progress_backend.flows import workflow_bodies
from progress_backend.live import watched_workflow
from progress_backend.live.receivers import DeliveryCounts
from progress_backend.live.update import Update
from progress_backend.live.watched_workflow import WorkflowWatch
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.outage_log import OneAMinute
from tests.conftest import StartServer
from tests.records import Records
from tests.waiting import aeventually

W = "the-group"


class Receiver:
    """A receiver that keeps what it gets, and when."""

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self.times: list[float] = []
        self.closed = False

    def put(self, update: Update) -> None:
        self.updates.append(update)
        self.times.append(asyncio.get_running_loop().time())

    def close(self) -> None:
        self.closed = True


def watch_of(store: AsyncStore, *receivers: Receiver) -> WorkflowWatch:
    watch = WorkflowWatch(W, DeliveryCounts(), store, lambda: 1)
    for receiver in receivers:
        watch.add(receiver, receiver.put)
    return watch


def test_four_updates_and_an_end_fit_into_a_second() -> None:
    """The first of a client is its snapshot; three may follow before a second is over."""
    assert 3 * watched_workflow.PACE_S > 1 > 2 * watched_workflow.PACE_S
    assert 2 * watched_workflow.READ_S <= 0.1, "an end is sent within it"


async def test_updates_keep_their_distance_but_the_end_is_passed_on_at_once(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_workflow, "READ_S", 0.01)
    monkeypatch.setattr(watched_workflow, "PACE_S", 0.2)
    records, receiver, began = Records(redis_url), Receiver(), asyncio.get_running_loop().time()
    for name in ("one", "two"):
        records.member(name, W)
    async with AsyncStore(Settings(redis_url=redis_url)) as store:
        await store.ready()
        watch = watch_of(store, receiver)
        for current in range(20):
            await asyncio.to_thread(records.progress, "one", current)
            watch.changed()
            await asyncio.sleep(0.02)
        last = await store.run(workflow_bodies.status(store.flows, W, store.now()))
        revision = Update.of_workflow(last, 1, W).revision
        await aeventually(lambda: receiver.updates and receiver.updates[-1].revision == revision)
        revisions = [one.revision for one in receiver.updates]
        assert revisions == sorted(revisions)
        assert receiver.times[-1] - began >= 0.2 * (len(revisions) - 1)
        # What is no end would wait for an hour.
        watch._due = asyncio.get_running_loop().time() + 3_600
        for name in ("one", "two"):
            await asyncio.to_thread(records.complete, name)
        watch.changed()
        await aeventually(lambda: receiver.updates[-1].ended)
        watch.stop()


class Counting(AsyncStore):
    """Counts the flows that are run."""

    runs = 0

    async def run(self, flow: Any) -> Any:
        self.runs += 1
        return await super().run(flow)


async def test_a_workflow_is_read_once_for_many_commits_and_once_more_after_the_last(
    redis_url: str,
) -> None:
    records, receiver = Records(redis_url), Receiver()
    records.member("one", W)
    store = Counting(Settings(redis_url=redis_url))
    watch = watch_of(store)
    try:
        watch.changed()  # without a watcher
        watch.add(receiver, receiver.put)
        for _ in range(1_000):
            watch.changed()
        await aeventually(lambda: store.runs == 1 and receiver.updates)
        records.complete("one")
        for _ in range(1_000):
            watch.changed()
        await aeventually(lambda: receiver.updates[-1].ended)
        assert store.runs <= 3
        watch.stop()
        watch.changed()
        runs = store.runs
        await asyncio.sleep(2 * watched_workflow.READ_S)
        assert store.runs == runs, "no client watches any more"
    finally:
        await store.close()


async def test_a_store_that_is_away_is_asked_again(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_workflow, "RETRY_S", 0.02)
    server, receiver = start_server(), Receiver()
    store = AsyncStore(Settings(redis_url=server.url), timeout_s=20)
    watch = watch_of(store, receiver)
    try:
        server.kill()
        watch.changed()  # the only time
        await asyncio.sleep(0.1)
        assert not receiver.updates
        server.start()
        await aeventually(lambda: receiver.updates)
        assert receiver.updates[-1].message is None, "the store is empty"
    finally:
        watch.stop()
        await store.close()


class Faulty(AsyncStore):
    """Its first reads raise what no store raises."""

    faults = 3

    async def run(self, flow: Any) -> Any:
        self.faults -= 1
        if self.faults >= 0:
            flow.close()
            raise LookupError("a fault")
        return await super().run(flow)


async def test_a_fault_is_logged_once_and_the_next_message_has_the_workflow_read(
    redis_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_workflow, "_traceback", OneAMinute())
    records, receiver = Records(redis_url), Receiver()
    records.member("one", W)
    async with Faulty(Settings(redis_url=redis_url)) as store:
        await store.ready()
        watch = watch_of(store, receiver)

        def read() -> bool:
            watch.changed()
            return bool(receiver.updates)

        await aeventually(read)
        watch.stop()
    logged = [one for one in caplog.records if "the updates of workflow" in one.message]
    assert len(logged) == 1
