"""Several tasks and workflows over one real WebSocket."""

import asyncio
import json
import threading
from concurrent.futures import Future
from typing import Any

import pytest
import websockets
from starlette.types import Scope
from websockets.asyncio.client import ClientConnection

from progress_backend import sign
from progress_backend.credentials.tokens import new
from progress_backend.settings import Settings
from progress_backend.web import state
from progress_backend.web.push import shared_socket
from progress_backend.web.push.shared_socket import BEGIN
from progress_backend.web.rights import Action, Refusal, Resource
from tests.records import Records
from tests.waiting import aeventually, eventually
from tests.web.conftest import Apart, StartApi
from tests.web.serving import RunningApi
from tests.web.test_websockets import closed, received

KEY = "k" * 32


def opened(api: RunningApi, query: str = "", **options: Any) -> websockets.connect:
    return api.socket(f"watch{query}", **options)


async def ask(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def code_of(socket: ClientConnection, name: str) -> int:
    """The code that a watch ends with."""
    while "code" not in (message := await received(socket)) or message["watch"] != name:
        pass
    return int(message["code"])


def listeners(api: RunningApi) -> int:
    body = api.http.get("/internal/health").json()
    return int(body["dependencies"]["listener"]["watchers"])


async def test_each_watch_has_the_messages_of_a_socket_of_its_own(
    api: RunningApi, redis_url: str
) -> None:
    records = Records(redis_url)
    records.member("one", "group")
    task_id, other = api.create(), api.create()
    async with opened(api) as socket, api.watch(task_id) as alone:
        await ask(socket, watch="a", task_id=task_id)
        assert await received(socket) == {"watch": "a", "update": await received(alone)}
        await ask(socket, watch="b", workflow_id="group")
        first = await received(socket)
        assert (first["watch"], first["update"]["type"]) == ("b", "workflow_update")
        await ask(socket, watch="c", task_id=other)
        assert (await received(socket))["watch"] == "c"
        api.update(task_id, current_items=150)
        assert await received(socket) == {"watch": "a", "update": await received(alone)}
        api.update(task_id, status="completed")
        assert await received(socket) == {"watch": "a", "update": await received(alone)}
        assert await received(socket) == {
            "watch": "a",
            "code": 1000,
            "reason": "the task has ended",
        }
        api.update(other, current_items=1)  # the others go on
        assert (await received(socket))["update"]["progress"]["current"] == 1
    eventually(lambda: listeners(api) == 0, what="the socket has left all of them")


async def test_what_is_left_says_nothing_more(api: RunningApi) -> None:
    task_id, other = api.create(), api.create()
    async with opened(api) as socket:
        for name, of in (("a", task_id), ("b", other)):
            await ask(socket, watch=name, task_id=of)
            await received(socket)
        await ask(socket, leave="a")
        await aeventually(lambda: listeners(api) == 1, what="one is watched")
        await ask(socket, leave="nobody")
        api.update(task_id, current_items=1)
        api.update(other, current_items=2)
        assert (await received(socket))["update"]["progress"]["current"] == 2
        await ask(socket, watch="b", task_id=task_id)  # a name's second watch takes its place
        assert (await received(socket))["update"]["task_id"] == task_id
        assert listeners(api) == 1


async def test_a_watch_that_cannot_be_is_answered_and_the_others_stay(api: RunningApi) -> None:
    task_id = api.create()
    async with opened(api) as socket:
        await ask(socket, watch="a", task_id=task_id)
        await received(socket)
        wrong = {4404: {"task_id": "nobody's"}, 4422: {"task_id": "x" * 5_000}}
        for code, of in wrong.items():
            await ask(socket, watch="w", **of)
            assert await code_of(socket, "w") == code
        for of in ({}, {"task_id": 1}, {"task_id": "a", "workflow_id": "b"}, {"task_id": "\ud800"}):
            await ask(socket, watch="w", **of)
            assert await code_of(socket, "w") == 4422
        for token in ("a b", "日本"):
            await ask(socket, watch="w", task_id=task_id, token=token)
            assert await code_of(socket, "w") == 4422
        await ask(socket, watch="w", workflow_id="nobody's")
        assert await code_of(socket, "w") == 4404
        api.update(task_id, current_items=1)
        assert (await received(socket))["watch"] == "a"


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[" * 9_000, "[]", "{}", '{"watch": ""}', '{"leave": 1}', b"\x00"]
)
async def test_a_message_that_names_no_watch_closes_the_socket(
    api: RunningApi, text: str | bytes
) -> None:
    async with opened(api) as socket:
        await socket.send(text)
        assert await closed(socket) == 4422


async def test_watches_are_bounded(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_socket, "MOST", 3)
    task_id = api.create()
    async with opened(api) as socket:
        for number in range(3):
            await ask(socket, watch=str(number), task_id=task_id)
            await received(socket)
        await ask(socket, watch="more", task_id=task_id)
        assert await code_of(socket, "more") == 4429
        await ask(socket, leave="0")
        await ask(socket, watch="more", task_id=task_id)
        assert (await received(socket))["update"]["task_id"] == task_id


async def test_a_socket_without_a_watch_is_closed(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id, begun, look = api.create(), threading.Event(), shared_socket._Watches._look

    def looks(watches: Any) -> None:
        """Not before the first socket has its watch: on a busy machine that may take a while."""
        if begun.is_set():
            look(watches)
        else:
            watches._idle = watches._look_later()

    monkeypatch.setattr(shared_socket, "IDLE_S", 0.1)
    monkeypatch.setattr(shared_socket._Watches, "_look", looks)
    async with opened(api) as used:
        await ask(used, watch="a", task_id=task_id)
        await received(used)
        begun.set()
        async with opened(api) as idle:
            assert await closed(idle) == 1000
        api.update(task_id, current_items=1)
        assert (await received(used))["watch"] == "a"


async def test_each_watch_has_its_own_token(start_api: StartApi, redis_url: str) -> None:
    text, made = new("all", "read")
    api = start_api(redis_url=redis_url, tokens=(made.line(),), signing_keys=(KEY,))
    records = Records(redis_url)
    records.start("one")
    records.start("two")

    def share(of: str, ttl: float = 600) -> str:
        return sign(task_id=of, ttl=ttl, settings=Settings(signing_keys=(KEY,)))

    async with opened(api) as socket:
        await ask(socket, watch="a", task_id="one", token=share("one"))
        assert (await received(socket))["update"]["task_id"] == "one"
        await ask(socket, watch="b", task_id="two", token=text)
        assert (await received(socket))["update"]["task_id"] == "two"
        await ask(socket, watch="c", task_id="one", token=share("one", ttl=4))
        assert (await received(socket))["watch"] == "c"
        assert await code_of(socket, "c") == 4401  # as it expires; the others stay
        assert listeners_of(api, text) == 2
    async with opened(api, additional_headers={"Authorization": f"Bearer {text}"}) as socket:
        await ask(socket, watch="a", task_id="one")  # with the socket's own
        assert (await received(socket))["update"]["task_id"] == "one"
        await ask(socket, watch="b", task_id="one", token=share("two"))
        assert await code_of(socket, "b") == 4403


def listeners_of(api: RunningApi, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    body = api.http.get("/internal/health", headers=headers).json()
    return int(body["dependencies"]["listener"]["watchers"])


async def test_a_service_that_ends_closes_the_socket(own_api: RunningApi) -> None:
    async with opened(own_api) as socket:
        for number in range(3):
            await ask(socket, watch=str(number), task_id=own_api.create())
            await received(socket)
        own_api.ask_to_end()
        assert await closed(socket) == 1012


async def test_without_a_store_the_client_comes_back(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.live.receivers.SUBSCRIBE_S", 0.5)
    server, api = apart
    task_id = api.create()
    async with opened(api) as socket:
        server.stop()
        await ask(socket, watch="a", task_id=task_id)
        assert await code_of(socket, "a") == 1013
        assert await closed(socket) == 1013


async def test_watches_begin_together_as_many_as_the_bound(
    api: RunningApi, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is left or named again before it has begun sends nothing."""
    begun, gate = list[Resource](), Future[None]()

    async def held(scope: Scope, action: Action, resource: Resource) -> Refusal | None:
        begun.append(resource)
        await asyncio.shield(asyncio.wrap_future(gate))
        return await state.may(scope, action, resource)

    monkeypatch.setattr(shared_socket, "may", held)
    for number in range(BEGIN + 1):
        await asyncio.to_thread(Records(redis_url).start, f"t{number}")
    watches, sent = api.app.state.progress.listener.watches, list[dict[str, str]]()
    async with api.socket("watch") as socket:
        for number in range(BEGIN):
            sent.append({"watch": f"{number}", "task_id": f"t{number}"})
        sent += [{"leave": "1"}, {"watch": "0", "task_id": f"t{BEGIN}"}]
        for each in sent:
            await socket.send(json.dumps(each))
        await aeventually(lambda: len(begun) == BEGIN)
        gate.set_result(None)
        got = [await received(socket) for _ in range(BEGIN - 1)]
        tasks = {each["watch"]: each["update"]["task_id"] for each in got}
        expected = {f"{number}": f"t{number}" for number in range(2, BEGIN)}
        assert tasks == {"0": f"t{BEGIN}", **expected}
        await aeventually(lambda: watches.receivers["task"] == BEGIN - 1)
    await aeventually(lambda: not watches.receivers["task"])


async def test_an_owners_tasks_are_read_again_as_one_begins_or_changes_its_status(
    start_api: StartApi, redis_url: str
) -> None:
    """Neither another owner's task nor another value is a reason."""
    (hers, made), (text, every) = new("alices", "read", owner="alice"), new("all", "read")
    records, lines = Records(redis_url), (made.line(), every.line())
    records.start("bobs", owner="bob")
    api = start_api(redis_url=redis_url, tokens=lines)
    records.create("first", owner="alice")
    records.start("third", owner="alice")
    again = {"watch": "a", "update": {"type": "reload"}}
    async with opened(api) as socket:
        await ask(socket, watch="b", owner="bob", token=hers)
        assert await code_of(socket, "b") == 4403
        await ask(socket, watch="a", owner="alice", token=text)
        assert await received(socket) == again
        for act in (
            lambda: records.create("second", owner="alice"),
            lambda: records.run("second"),
            lambda: records.complete("second"),
            lambda: records.progress("third", 10),  # its status was not known here
        ):
            await asyncio.to_thread(act)
            assert await received(socket) == again
        await asyncio.to_thread(records.progress, "bobs", 63)
        await asyncio.to_thread(records.progress, "third", 63)
        await ask(socket, watch="c", task_id="first", token=text)
        assert (await received(socket))["watch"] == "c"
    eventually(lambda: listeners_of(api, text) == 0, what="it has left all tasks")
