"""What watchers see when the store is a cluster."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.crc import key_slot

from progress_backend.live.listener import Listener
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from tests.cluster.nodes import MASTERS, Node, move_slot
from tests.watching import watching

pytestmark = pytest.mark.wide


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[tuple[AsyncStore, Listener]]:
    store = AsyncStore(settings, timeout_s=20)
    listener = Listener(store)
    listener.start()
    try:
        yield store, listener
    finally:
        await listener.stop()
        await store.close()


async def record(store: AsyncStore, task_id: str, *happened: ev.Event) -> None:
    await store.run(store.flows.apply(task_id, happened, store.now()))


CREATED = ev.Created(identity=ev.Identity(task_type="fetch_data", total_items=10))


async def test_watchers_receive_updates_of_any_node_also_after_a_slot_moved(
    nodes: list[Node], settings: Settings
) -> None:
    async with listening(settings) as (store, listener), asyncio.timeout(60):
        await record(store, "t", CREATED)
        async with watching(listener, "t") as mailbox:
            slot = key_slot(store.layout.of_task("t").task("t").encode())
            for revision in (2, 3):
                await record(store, "t", ev.Progressed(current=revision))
                while (await mailbox.get()).revision < revision:
                    pass
                await asyncio.to_thread(move_slot, nodes[:MASTERS], slot)
