"""The pace of a workflow's updates, and when it is read."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from progress_backend.live import watched_workflows
from progress_backend.live.hub import Hub
from progress_backend.live.update import Update
from progress_backend.live.watched_workflows import Paced, WatchedWorkflows
from progress_backend.settings import Settings
from progress_backend.store.drivers import AsyncStore
from tests.conftest import StartServer
from tests.records import Records
from tests.waiting import aeventually

W = "the-group"


class Told:
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


MADE = datetime(2024, 1, 15, tzinfo=UTC)


def update(revision: int, *, ended: bool = False) -> Update:
    return Update((1, MADE, revision), "{}", ended=ended)


def test_four_updates_and_an_end_fit_into_a_second() -> None:
    """The first of a client is its snapshot; three may follow before a second is over."""
    assert 3 * watched_workflows.PACE_S > 1 > 2 * watched_workflows.PACE_S
    assert 2 * watched_workflows.READ_S <= 0.1, "an end is told within it"


async def test_updates_keep_their_distance_and_the_newest_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watched_workflows, "PACE_S", 0.1)
    told, began = Told(), asyncio.get_running_loop().time()
    paced = Paced(told)
    for revision in range(1, 60):
        paced.put(update(revision))
        await asyncio.sleep(0.005)
    await aeventually(lambda: told.updates[-1].revision == 59)
    times = [began, *told.times]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) > 0.099
    revisions = [one.revision for one in told.updates]
    assert revisions == sorted(set(revisions))


async def test_an_end_is_told_at_once_and_what_was_held_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watched_workflows, "PACE_S", 0.05)
    told = Told()
    paced = Paced(told)
    paced.put(update(1))
    paced.put(update(2, ended=True))
    assert [one.revision for one in told.updates] == [2]
    paced.put(update(3))
    paced.stop()
    await asyncio.sleep(0.1)
    assert [one.revision for one in told.updates] == [2]
    paced.put(update(4))
    paced.close()
    assert told.closed


class Counting(AsyncStore):
    """Counts the flows that are run."""

    runs = 0

    async def run(self, flow: Any) -> Any:
        self.runs += 1
        return await super().run(flow)


async def test_a_workflow_is_read_once_for_many_commits_and_once_more_after_the_last(
    redis_url: str,
) -> None:
    records, hub = Records(redis_url), Hub[Update]()
    records.member("one", W)
    store = Counting(Settings(redis_url=redis_url))
    watched = WatchedWorkflows(store, hub, lambda: 1)
    told = Told()
    watched.changed(W)  # nobody watches
    watched.add(W, told)
    try:
        for _ in range(1_000):
            watched.changed(W)
        await aeventually(lambda: store.runs == 1 and hub.counts.dropped == 0)
        records.complete("one")
        for _ in range(1_000):
            watched.changed(W)
        await aeventually(lambda: told.updates and told.updates[-1].ended)
        assert store.runs <= 3
    finally:
        assert not watched.leave(W, told)
        watched.changed(W)
        runs = store.runs
        await asyncio.sleep(2 * watched_workflows.READ_S)
        assert store.runs == runs, "nobody watches any more"
        await store.close()


async def test_a_store_that_is_away_is_asked_again(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_workflows, "RETRY_S", 0.02)
    server = start_server()
    store = AsyncStore(Settings(redis_url=server.url), timeout_s=1)
    watched, told = WatchedWorkflows(store, Hub[Update](), lambda: 1), Told()
    watched.add(W, told)
    try:
        server.kill()
        watched.changed(W)  # the only time
        await asyncio.sleep(0.1)
        assert not told.updates
        server.start()
        await aeventually(lambda: told.updates)
        assert told.updates[-1].message is None, "the store is empty"
    finally:
        watched.leave(W, told)
        watched.close()
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
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    records, hub, told = Records(redis_url), Hub[Update](), Told()
    records.member("one", W)
    async with Faulty(Settings(redis_url=redis_url)) as store:
        await store.ready()
        watched = WatchedWorkflows(store, hub, lambda: 1)
        watched.add(W, told)

        def read() -> bool:
            watched.changed(W)
            return bool(told.updates)

        await aeventually(read)
        watched.close()
    logged = [one for one in caplog.records if "the updates of workflow" in one.message]
    assert len(logged) == 1
