"""The store on a Redis Cluster does what it does on one node."""

import asyncio
import re

import pytest
import redis.asyncio.cluster
import redis.exceptions
from redis.crc import key_slot

from progress_backend.errors import StoreUnavailable
from progress_backend.flows.flow import together
from progress_backend.operations.lists import TaskPage
from progress_backend.operations.values import MORE_ROOM
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.drivers import Store
from progress_backend.tracking.lease_thread import LeaseThread
from tests.asked import page_of
from tests.cluster.nodes import MASTERS, Node, move_slot
from tests.waiting import aeventually, eventually

pytestmark = pytest.mark.wide


def make(store: Store, task_id: str):
    who = ev.Identity(task_type="fetch_data", total_items=10)
    flow = store.flows.apply(task_id, (ev.Created(identity=who),), store.now())
    return store.run(flow)


def apply(store: Store, task_id: str, *happened: ev.Event):
    return store.run(store.flows.apply(task_id, happened, store.now()))


def clients_of(nodes: list[Node]) -> set[tuple[int, str]]:
    return {
        (node.port, client["id"])
        for node in nodes
        for client in node.client.client_list(_type="normal")
    }


def reads_of(nodes: list[Node]) -> int:
    """How often the masters found something to read."""
    stats = [node.client.info("stats") for node in nodes[:MASTERS]]
    return sum(figures["total_reads_processed"] for figures in stats)


def ids(paged: TaskPage) -> list[str]:
    return [task_id for task_id, _ in paged.rows]


async def test_more_calls_than_connections_wait_for_one(settings: Settings) -> None:
    # On a busy machine they wait long; none is refused.
    async with AsyncStore(settings, timeout_s=30) as store:
        created = (ev.Created(identity=ev.Identity(task_type="x")),)
        await store.ready()
        calls = [store.flows.apply(f"many-{n}", created, store.now()) for n in range(150)]
        applied = await asyncio.gather(*map(store.run, calls))
        assert {one.task.status for one in applied} == {"created"}


async def test_every_connection_is_closed_also_after_a_failed_call(
    nodes: list[Node], settings: Settings
) -> None:
    before = clients_of(nodes)
    async with AsyncStore(settings, timeout_s=12) as store:
        created = (ev.Created(identity=ev.Identity(task_type="x")),)
        calls = [store.flows.apply(f"t{n}", created, store.now()) for n in range(40)]
        await asyncio.gather(*map(store.run, calls))
        nothing = store.layout.keys[0].task("nothing")
        with pytest.raises((redis.exceptions.TimeoutError, TimeoutError)):
            await store._exchange.ask(("BLPOP", nothing, 60))
        assert clients_of(nodes) - before
    await aeventually(lambda: not clients_of(nodes) - before)


def test_many_records_are_begun_in_a_write_a_node(nodes: list[Node], store: Store) -> None:
    """And in each partition in their order."""
    store.run(page_of(store.flows, 1, 1))  # connects, and loads the scripts
    created = ev.Created(identity=ev.Identity(task_type="x"))
    begun = [(f"member-{number}", created) for number in range(100)]
    before = reads_of(nodes)
    now = store.now()
    flows = [store.flows.apply(task_id, (event,), now) for task_id, event in begun]
    applied = store.run(together(flows))
    assert reads_of(nodes) - before < 50  # connecting to the others included
    assert {one.task.status for one in applied} == {"created"}
    listed = ids(store.run(page_of(store.flows, 1, 100)))
    for place in range(16):
        own = [task_id for task_id, _ in begun if store.layout.place(task_id) == place]
        assert [i for i in listed if store.layout.place(i) == place] == own[::-1]


async def test_a_list_is_asked_for_in_a_write_a_node(nodes: list[Node], settings: Settings) -> None:
    async with AsyncStore(settings, timeout_s=20) as store:
        await store.run(page_of(store.flows, 1, 20))
        before = reads_of(nodes)
        await store.run(page_of(store.flows, 1, 20))
        assert reads_of(nodes) - before < 50


def test_a_slot_on_its_way_to_another_node_counts_as_away(nodes: list[Node], store: Store) -> None:
    make(store, "t")

    def refused() -> None:
        with pytest.raises(StoreUnavailable):
            apply(store, "t", ev.Progressed(current=1))

    slot = key_slot(store.layout.of_task("t").task("t").encode())
    move_slot(nodes[:MASTERS], slot, midway=refused)
    assert apply(store, "t", ev.Progressed(current=2)).task.progress.current == 2


def test_a_full_memory_is_an_outage_with_what_to_do(nodes: list[Node], store: Store) -> None:
    make(store, "t")
    try:
        for node in nodes:
            node.client.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailable, match=re.escape(MORE_ROOM)) as caught:
            apply(store, "t", ev.Progressed(current=1))
        assert not caught.value.refused
    finally:
        for node in nodes:
            node.client.config_set("maxmemory", 0)


def test_a_failover_loses_nothing_acknowledged(nodes: list[Node], store: Store) -> None:
    """Last in the module: it leaves the cluster with a node less."""
    for number in range(50):
        make(store, f"t{number}")
    eventually(lambda: all(node.client.wait(1, 1000) for node in nodes[:3]), timeout=60)
    nodes[0].kill()

    def all_there() -> bool:
        try:
            counted = store.execute(store.flows.count(store.now()))
            for number in range(50):
                apply(store, f"t{number}", ev.Progressed(current=3))
        except StoreUnavailable:
            return False
        return counted.records == 50

    eventually(all_there, timeout=60)
    paged = store.run(page_of(store.flows, 1, 100, "running"))
    assert len(paged.rows) == 50


def test_a_check_with_nothing_to_do_takes_three_exchanges(settings: Settings) -> None:
    keeper = LeaseThread(settings, "w1/1", None, dict)
    with keeper._store as store:
        keeper._renew()
        keeper._answering = -settings.lease_s  # for longer than a lease
        before = store.deadline.replies
        keeper._reap()
        assert store.deadline.replies - before == 3
