"""Sockets of a real API with a store that is a real cluster, or behind real sentinels."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
import websockets
from redis.crc import key_slot

from progress_backend.errors import StoreUnavailable
from progress_backend.operations.partitions import Layout
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.web import create_app
from tests.cluster.nodes import MASTERS, Node, cluster
from tests.outages.fleet import client
from tests.outages.trio import TIMEOUT_S, Trio
from tests.waiting import aeventually, eventually
from tests.web.conftest import StartApi
from tests.web.test_websockets import received

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Place(NamedTuple):
    """Where the records are."""

    settings: Settings
    #: Waits until the replicas have all that was written.
    replicate: Callable[[], object]
    #: Ends the server that has a task.
    kill: Callable[[str], object]


@pytest.fixture(params=["cluster", "sentinel"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "cluster":
        return on_cluster(request.getfixturevalue("nodes"), request.getfixturevalue("settings"))
    trio = request.getfixturevalue("trio")
    return behind_sentinels(trio, request.getfixturevalue("settings_of_sentinel"))


def on_cluster(nodes: list[Node], settings: Settings) -> Place:
    masters = nodes[:MASTERS]

    def replicate() -> None:
        for node in masters:
            eventually(lambda node=node: node.client.wait(1, 1_000))

    def kill(task_id: str) -> None:
        slot = key_slot(Layout.of(settings).of_task(task_id).task(task_id).encode())
        (owner,) = (node for node in masters if cluster(node, "COUNTKEYSINSLOT", slot))
        owner.kill()

    return Place(settings, replicate, kill)


def behind_sentinels(trio: Trio, settings: Settings) -> Place:
    def replicate() -> None:
        with client(trio.master.url) as connected:
            eventually(lambda: connected.wait(1, 1_000))

    return Place(settings, replicate, lambda _: trio.master.kill())


async def says(store: Store, task_id: str, *happened: ev.Event) -> bool:
    """Whether the store could take it. A refusal is one: an earlier request stored it, and its
    reply was lost."""
    try:
        flow = store.flows.apply(task_id, happened, store.now())
        return bool(await asyncio.to_thread(store.run, flow))
    except StoreUnavailable:
        return False


CREATED = ev.Created(identity=ev.Identity(task_type="fetch_data", total_items=100))


async def test_all_tasks_through_a_filter(place: Place, start_api: StartApi) -> None:
    api = start_api(create_app(place.settings))
    url = f"ws://127.0.0.1:{api.port}/internal/ws/tasks?status=running"
    async with websockets.connect(url, proxy=None) as socket:
        ids = {api.create() for _ in range(20)}
        for task_id in ids:
            api.update(task_id, current_items=1)
        sent = set()
        while sent != ids:
            message = await received(socket)
            assert message["status"] == "running"
            sent.add(message["task_id"])


async def test_an_open_socket_survives_a_failover(place: Place, start_api: StartApi) -> None:
    """What was replicated is never taken back, all comes in order, and the end is received. Last in
    the module: it leaves a server less."""
    api = start_api(create_app(replace(place.settings, lease_s=300)))
    messages: list[dict[str, Any]] = []

    async def receive(socket: websockets.ClientConnection) -> None:
        async for message in socket:
            messages.append(json.loads(message))  # noqa: PERF401 - read while it grows

    with Store(place.settings, timeout_s=1) as store:

        async def say(*happened: ev.Event) -> None:
            await aeventually(lambda: says(store, "job", *happened), TIMEOUT_S)

        await say(CREATED, ev.Progressed(current=1))
        async with api.watch("job") as socket:
            receiving = asyncio.create_task(receive(socket))
            for current in range(2, 6):
                await say(ev.Progressed(current=current))
            await aeventually(
                lambda: messages and messages[-1]["progress"]["current"] == 5, TIMEOUT_S
            )
            await asyncio.to_thread(place.replicate)
            await asyncio.to_thread(place.kill, "job")
            for event in (*(ev.Progressed(current=n) for n in range(6, 10)), ev.Completed()):
                await say(event)
            async with asyncio.timeout(TIMEOUT_S):
                await receiving
            assert socket.close_code == 1000
    revisions = [message["revision"] for message in messages]
    assert revisions == sorted(set(revisions))
    figures = [message["progress"]["current"] for message in messages]
    assert figures == sorted(figures)
    assert [m["status"] for m in messages] == ["running"] * (len(messages) - 1) + ["completed"]
