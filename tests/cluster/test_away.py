"""A cluster with its named node away: a process that starts then neither fails nor waits, and goes
on as soon as any node that is known answers."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster

from progress_backend import ProgressNotifier
from progress_backend.errors import StoreUnavailable
from progress_backend.live.listener import Listener
from progress_backend.operations import leases
from progress_backend.record import events as ev
from progress_backend.record import task_json
from progress_backend.settings import Settings
from progress_backend.store.async_cluster_connection import AsyncClusterExchange
from progress_backend.store.async_store import AsyncStore
from progress_backend.store.bounded_connection import Deadline
from progress_backend.store.cluster_connection import ClusterExchange
from progress_backend.store.drivers import Store
from progress_backend.store.redis_errors import OF_REDIS
from progress_backend.tracking import lease_thread
from progress_backend.web import create_app
from tests.apps import App
from tests.cluster.nodes import MASTERS, Node
from tests.waiting import aeventually, eventually
from tests.watching import watching
from tests.web.conftest import StartApi

pytestmark = pytest.mark.integration

CREATED = ev.Created(identity=ev.Identity(task_type="x"))


@pytest.fixture
def away() -> Settings:
    """Of a cluster with its one named node away."""
    return Settings(redis_url="redis+cluster://127.0.0.1:1", lease_s=1)


def with_a_node(settings: Settings, first: str = "127.0.0.1:1") -> Settings:
    """The node that is away is named first, then one that is there."""
    there = str(settings.redis_url).partition("://")[2]
    return Settings(redis_url=f"redis+cluster://{first},{there}", lease_s=1)


def test_a_publisher_and_a_job_go_on(away: Settings, redis_url: str) -> None:
    app = App(redis_url, redis_url=away.redis_url, track="all")
    try:

        @app.celery.task(bind=True)
        def job(self: object) -> str:
            ProgressNotifier(self).update(1, 2)
            return "done"

        assert job.apply_async().id
        assert job.apply().get() == "done"
    finally:
        app.close()


async def test_an_api_begins_and_says_503(away: Settings, start_api: StartApi) -> None:
    api = start_api(create_app(away))
    assert api.http.get("/internal/health/live").status_code == 200
    assert api.http.get("/internal/tasks").status_code == 503


def test_a_lease_is_renewed_once_the_cluster_answers(
    settings: Settings,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    named = with_a_node(settings)
    monkeypatch.setattr(
        "progress_backend.store.cluster_connection.nodes_of", lambda _: [("127.0.0.1", 1)]
    )
    keeper = lease_thread.LeaseThread(named, "worker@tests/1", None)
    keeper.start()
    try:
        eventually(lambda: "does not answer" in caplog.text)
        monkeypatch.undo()
        eventually(lambda: store.execute(leases.newest(10))[0] == 1)
    finally:
        keeper.stop()


async def test_any_of_several_addresses_will_do(settings: Settings) -> None:
    named = with_a_node(settings)
    with Store(named, timeout_s=20) as store:
        store.run(store.flows.apply("t", (CREATED,), store.now()))
    async with AsyncStore(named, timeout_s=20) as later:
        document = await later.run(later.flows.get("t"))
        assert document is not None
        assert task_json.decode(document).task_id == "t"


async def test_a_call_that_was_cancelled_as_it_connected_harms_no_other(settings: Settings) -> None:
    """redis-py knows the nodes by then, and not the commands."""
    exchange = AsyncClusterExchange(settings, 20)
    await exchange._client.nodes_manager.initialize()
    assert await exchange.ask(("GET", "t")) == [None]
    await exchange.close()


def test_a_node_that_hangs_leaves_time_for_the_next(nodes: list[Node], settings: Settings) -> None:
    replica = nodes[MASTERS]
    replica.process.signal(19)  # SIGSTOP
    try:
        named = with_a_node(settings, f"127.0.0.1:{replica.port}")
        for _ in range(3):  # redis-py asks in an order of its own
            with Store(named, timeout_s=15) as store:
                store.ready()
    finally:
        replica.process.signal(18)  # SIGCONT


async def test_a_client_begins_again_at_the_named_nodes_when_all_have_moved(
    settings: Settings,
) -> None:
    exchange, later = ClusterExchange(settings, Deadline(20)), AsyncClusterExchange(settings, 20)
    request = ("GET", "t")
    try:
        exchange.ask(request)
        await later.ask(request)
        for client in (exchange._opened, later._client):
            found = client.nodes_manager
            for node in (*found.nodes_cache.values(), *found.startup_nodes.values()):
                await move(node)
            for name in ("nodes_cache", "startup_nodes"):
                setattr(found, name, {node.name: node for node in getattr(found, name).values()})

        def answers() -> bool:
            with contextlib.suppress(*OF_REDIS):
                return exchange.ask(request) == [None]
            return False

        async def answers_later() -> bool:
            with contextlib.suppress(*OF_REDIS):
                return await later.ask(request) == [None]
            return False

        eventually(answers)
        await aeventually(answers_later)
    finally:
        exchange.close()
        await later.close()


async def move(node: Any) -> None:
    """Lets a client know a node by an address where none is any more."""
    node.host, node.port, node.name = "127.0.0.1", 1, "127.0.0.1:1"
    if isinstance(node, AsyncClusterNode):
        node.connection_kwargs |= {"host": "127.0.0.1", "port": 1}
        await node.disconnect()
        for connection in node._connections:
            connection.host, connection.port = "127.0.0.1", 1
    else:
        pool = node.redis_connection.connection_pool
        pool.connection_kwargs |= {"host": "127.0.0.1", "port": 1}
        pool.disconnect()


async def test_a_listener_knows_the_nodes_that_it_has_seen(
    nodes: list[Node], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last in the module: the URL's own node is gone after it, and the listener's as well."""
    named, other, found = nodes[-1], nodes[0], AsyncRedisCluster.get_primaries
    assert str(named.port) in str(settings.redis_url)

    def that_one(cluster: AsyncRedisCluster) -> list[AsyncClusterNode]:
        return [node for node in found(cluster) if node.port == other.port] or found(cluster)

    monkeypatch.setattr(AsyncRedisCluster, "get_primaries", that_one)
    async with AsyncStore(settings, timeout_s=20) as store:
        await store.ready()
        listener = Listener(store)
        listener.start()
        try:
            await aeventually(lambda: listener.connected)
            named.kill()
            other.kill()
            await aeventually(lambda: not listener.connected)
            await aeventually(lambda: listener.connected, 60)

            async def is_received() -> bool:
                with contextlib.suppress(StoreUnavailable):  # before the failover
                    return await receives_t()
                return False

            async def receives_t() -> bool:
                async with watching(listener, "t") as mailbox:
                    await store.run(store.flows.apply("t", (CREATED,), store.now()))
                    update = await asyncio.wait_for(mailbox.get(), 60)
                    return bool(json.loads(update.message or "{}").get("task_id") == "t")

            await aeventually(is_received)
        finally:
            await listener.stop()
