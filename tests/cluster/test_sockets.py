"""What watchers see when the store is a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.crc import key_slot

from progress_backend.flows.commands import Filters
from progress_backend.live.all_tasks import RELOAD, Feed
from progress_backend.live.hub import Hub
from progress_backend.live.listener import Listener
from progress_backend.live.update import Update
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import AsyncStore
from tests.cluster.nodes import MASTERS, Node, move_slot
from tests.waiting import aeventually
from tests.watching import watching

pytestmark = pytest.mark.wide


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[tuple[AsyncStore, Listener]]:
    store = AsyncStore(settings)
    hub: Hub[Update] = Hub()
    listener = Listener(store, hub, Feed())
    listener.start()
    try:
        yield store, listener
    finally:
        await listener.stop()
        await store.close()


async def record(store: AsyncStore, task_id: str, *happened: ev.Event) -> None:
    await store.run(store.flows.apply(task_id, happened, store.now()))


CREATED = ev.Created(identity=ev.Identity(task_type="fetch_data", total_items=10))


async def test_tasks_of_every_partition_are_heard(settings: Settings) -> None:
    async with listening(settings) as (store, listener), asyncio.timeout(30):
        for number in range(40):
            task_id = f"t{number}"
            await record(store, task_id, CREATED)
            async with watching(listener, task_id) as mailbox:
                await record(store, task_id, ev.Progressed(current=3))
                while (update := await mailbox.get()).revision < 2:
                    pass  # what was there when the subscription stood
                assert update.task_id == task_id


async def test_all_tasks_are_heard_through_a_filter(settings: Settings) -> None:
    async with listening(settings) as (store, listener), asyncio.timeout(30):
        async with listener.watches.all(Filters(status="running"), reloads=False) as inbox:
            for number in range(20):
                await record(store, f"t{number}", CREATED)
                await record(store, f"t{number}", ev.Progressed(current=1))
            heard: set[str] = set()
            while len(heard) < 20:
                message = await inbox.get()
                if message != RELOAD:
                    heard.add(message)
            assert all('"running"' in message for message in heard)


async def test_watchers_hear_again_after_a_slot_moved(
    nodes: list[Node], settings: Settings
) -> None:
    """The node that had it says so, and nothing more: the connection to it stands."""
    async with listening(settings) as (store, listener), asyncio.timeout(60):
        await record(store, "t", CREATED)
        async with watching(listener, "t") as mailbox:
            slot = key_slot(store.layout.of_task("t").task("t").encode())
            epoch = listener.watches.epoch
            await asyncio.to_thread(move_slot, nodes[:MASTERS], slot)
            await aeventually(lambda: listener.watches.epoch > epoch and listener.connected, 30)
            await record(store, "t", ev.Progressed(current=7))
            while (await mailbox.get()).revision < 2:
                pass


async def test_watchers_hear_again_after_a_failover(nodes: list[Node], settings: Settings) -> None:
    async with listening(settings) as (store, listener), asyncio.timeout(90):
        ids = [f"t{number}" for number in range(16)]
        for task_id in ids:
            await record(store, task_id, CREATED)
        await asyncio.to_thread(lambda: [node.client.wait(1, 1000) for node in nodes[:3]])
        boxes = [watching(listener, task_id) for task_id in ids]
        mailboxes = [await box.__aenter__() for box in boxes]
        nodes[1].kill()
        for task_id, mailbox in zip(ids, mailboxes, strict=True):
            for _ in range(600):  # bounded by the timeout above as well
                try:
                    await record(store, task_id, ev.Progressed(current=5))
                    async with asyncio.timeout(0.5):
                        while (await mailbox.get()).revision < 2:
                            pass
                    break
                except Exception:  # redis-py says this in several ways; the deadline is the bound
                    await asyncio.sleep(0.1)
            else:
                raise AssertionError(f"{task_id} is not heard")
        for box in boxes:
            await box.__aexit__(None, None, None)
