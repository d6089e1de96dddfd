"""All tasks' updates over a real WebSocket."""

import asyncio

import pytest
import redis
import websockets

from tests.conftest import StartServer
from tests.records import Records
from tests.waiting import PATIENCE_S, aeventually
from tests.web.conftest import Apart, StartApi
from tests.web.serving import RunningApi
from tests.web.test_websockets import closed, received


def watch_all(api: RunningApi, query: str = "", **options: object) -> websockets.connect:
    return api.socket(f"tasks{query}", **options)


#: Asks for heartbeats, and so for all messages that the specification does not know.
ASKING = "?heartbeat=60"


def patterns(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return int(client.pubsub_numpat())


async def test_every_task_is_sent_from_the_opening_of_the_socket_on(api: RunningApi) -> None:
    async with watch_all(api) as socket:
        first, second = api.create(), api.create()
        messages = [await received(socket), await received(socket)]
        assert [(m["type"], m["task_id"]) for m in messages] == [
            ("task_created", first),
            ("task_created", second),
        ]
        api.update(second, current_items=126, message="途中")
        message = await received(socket)
        assert (message["task_id"], message["progress"]["percentage"]) == (second, 50.0)
        async with api.watch(second) as one:
            assert await received(one) == message
            # Received twice over the one connection, made once, sent alike.
            api.cancel(second)
            assert await received(one) == await received(socket)


async def opened(api: RunningApi, query: str = "") -> websockets.ClientConnection:
    return await watch_all(api, query)


async def test_a_filter_and_leaving_it(api: RunningApi) -> None:
    """The rest of the rule: tests/live/test_all_tasks.py."""
    task_id = api.create()
    async with watch_all(api, "?status=running&symbol=7203.T&task_type=") as socket:
        api.update(api.create(symbol="6758.T"))
        api.update(task_id)
        while (await received(socket))["task_id"] != task_id:
            pass  # what another one was before is not known at first
        api.update(task_id, "paused")
        assert (await received(socket))["status"] == "paused"
        api.cancel(task_id)
        api.update(last := api.create())
        assert (await received(socket))["task_id"] == last


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("?status=done", "status: Input should be 'created', 'running'"),
        ("?symbol=a%00b", "symbol: String should match pattern"),
        ("?page=2", "page: Extra inputs are not permitted"),
        ("?" + "%E9%80%B2" * 60 + "=1", "進"),
    ],
)
async def test_a_filter_that_is_none(api: RunningApi, query: str, reason: str) -> None:
    async with watch_all(api, query) as socket:
        assert await closed(socket) == 4422
        assert (socket.close_reason or "").startswith(reason)


async def test_redis_is_subscribed_for_all_only_while_a_client_listens(
    start_server: StartServer, start_api: StartApi
) -> None:
    url = start_server().url
    api = start_api(redis_url=url)
    with redis.Redis.from_url(url) as client:
        async with watch_all(api) as one:
            async with watch_all(api, "?status=error"), api.watch(api.create()):
                assert patterns(url) == 1
                # A connection a process, whatever is listened to.
                assert len(client.client_list(_type="pubsub")) == 1
            await asyncio.to_thread(Records(url).create, "job")
            while (await received(one))["task_id"] != "job":
                pass
        await aeventually(lambda: patterns(url) == 0)


async def test_a_prefix_keeps_others_out(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, key_prefix="a[1]*:")
    async with watch_all(api) as socket:
        Records(redis_url).create("theirs")
        assert (await received_of(socket, api.create()))["type"] == "task_created"


async def received_of(socket: websockets.ClientConnection, task_id: str) -> dict[str, object]:
    message = await received(socket)
    assert message["task_id"] == task_id
    return message


async def test_after_an_outage_clients_that_ask_get_a_reload(apart: Apart) -> None:
    server, api = apart
    async with watch_all(api, ASKING) as socket:
        server.kill()
        assert await received(socket) == {"type": "reload"}  # the list says that the store is away
        assert (await received(socket))["type"] == "stale"
        server.start()
        assert await received(socket) == {"type": "reload"}
        assert (await received(socket))["type"] == "heartbeat"
        assert (await received_of(socket, api.create()))["type"] == "task_created"


async def test_who_knows_the_specifications_messages_alone_has_to_come_back_after_an_outage(
    apart: Apart,
) -> None:
    server, api = apart
    async with watch_all(api) as socket:
        server.kill()
        with pytest.raises(websockets.ConnectionClosed, match="updates were missed") as gone:
            await received(socket)
        assert gone.value.rcvd.code == 1013


async def test_who_opens_while_the_connection_is_renewed_has_missed_nothing(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It waits for a server that a busy machine may start late, and for the next try to connect.
    monkeypatch.setattr("progress_backend.live.receivers.SUBSCRIBE_S", PATIENCE_S)
    server, api = apart
    async with watch_all(api, ASKING) as before:
        server.kill()
        assert await received(before) == {"type": "reload"}
        opening = asyncio.create_task(opened(api, ASKING))
        await aeventually(
            lambda: api.app.state.progress.listener.watches.receivers["all_tasks"] == 2
        )
        server.start()
        socket = await opening
        task_id = api.create()
        messages = [await received(socket), await received(socket)]
        created = next(message for message in messages if message["type"] != "heartbeat")
        assert (created["type"], created.get("task_id")) == ("task_created", task_id)
        await socket.close()
        while (message := await received(before))["type"] != "reload":
            assert message["type"] == "stale"
