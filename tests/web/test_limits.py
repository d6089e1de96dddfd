"""The limits of what one client may do, at a real server."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from progress_backend import Settings, sign
from progress_backend.credentials import tokens
from progress_backend.web import create_app
from progress_backend.web.limits import FREE, Limits, client_of
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_metrics import Figures

HERE, THERE = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
NEW = {"task_type": "fetch_data", "total_items": 3}
TEXT, TOKEN = tokens.new("deploy", "write", task_type="fetch_data")
OTHER_TEXT, OTHER = tokens.new("other", "write", task_type="fetch_data")
GATEWAY_TEXT, GATEWAY = tokens.new("gateway", "write")
KEY = "k" * 32


def create(api: RunningApi, headers: dict[str, str], **more: Any) -> httpx.Response:
    return api.http.post("/internal/create-task", json={**NEW, **more}, headers=headers)


def put(api: RunningApi, task_id: str, headers: dict[str, str]) -> httpx.Response:
    body = {"status": "running", "current_items": 1}
    return api.http.put(f"/internal/task/{task_id}/update", json=body, headers=headers)


def refused(api: RunningApi, kind: str) -> float:
    return Figures(api)[f"progress_refused_total{{{kind}}}"]


def stopped(api: RunningApi) -> None:
    """Its buckets fill no more, however long a busy machine takes."""
    api.app.state.progress.limits._clock = lambda: 1.0


def test_a_client_writes_so_often_and_no_more(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, trusted=True, max_writes=0.5)
    stopped(api)
    task_id = api.create()
    codes = [put(api, task_id, HERE).status_code for _ in range(8)]
    assert codes == [200] * 5 + [429] * 3
    answer = api.http.post(f"/internal/task/{task_id}/cancel", headers=HERE)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "2"
    why = "this client writes too often: above 0.5 a second (PROGRESS_MAX_WRITES)"
    assert answer.json()["detail"] == why
    assert api.status(task_id).json()["status"] == "running", "nothing was changed"
    assert api.status(task_id, headers=HERE).status_code == 200, "reads are not limited"
    assert put(api, task_id, THERE).status_code == 200
    assert all(put(api, task_id, {}).status_code == 200 for _ in range(8)), "this machine is free"
    assert refused(api, "writes") == 4


def test_a_token_is_one_client_wherever_it_is_used(start_api: StartApi, redis_url: str) -> None:
    lines = (TOKEN.line(), OTHER.line(), GATEWAY.line())
    api = start_api(redis_url=redis_url, max_writes=0.2, tokens=lines)
    stopped(api)
    mine, others = {"Authorization": f"Bearer {TEXT}"}, {"Authorization": f"Bearer {OTHER_TEXT}"}
    created = create(api, mine)
    assert created.status_code == 201
    task_id = created.json()["task_id"]
    assert put(api, task_id, {**mine, **HERE}).status_code == 200
    assert put(api, task_id, {**mine, **THERE}).status_code == 429
    assert put(api, task_id, {**others, **THERE}).status_code == 200
    # A caller that may not write takes nothing out of any bucket.
    assert put(api, task_id, HERE).status_code == 401
    api.http.headers.update({"Authorization": f"Bearer {GATEWAY_TEXT}"})
    assert refused(api, "token") == 1


def test_a_token_for_all_tasks_may_write_as_often_as_its_users_do(
    start_api: StartApi, redis_url: str
) -> None:
    api = start_api(redis_url=redis_url, max_writes=0.2, tokens=(GATEWAY.line(), TOKEN.line()))
    stopped(api)
    gateway, limited = ({"Authorization": f"Bearer {text}"} for text in (GATEWAY_TEXT, TEXT))
    task_id = create(api, gateway).json()["task_id"]
    assert {put(api, task_id, {**gateway, **HERE}).status_code for _ in range(8)} == {200}
    act = {"action": "pause", "ids": [task_id]}
    assert api.http.post("/internal/act", json=act, headers=gateway).status_code == 200
    assert [put(api, task_id, limited).status_code for _ in range(3)] == [200, 200, 429]


def test_bodies_are_counted_by_their_bytes(start_api: StartApi, redis_url: str) -> None:
    """Of one that creates all bytes count, of another those above the first 4 KiB."""
    api = start_api(redis_url=redis_url, trusted=True, max_created_bytes=10_000)
    text = {"text": "x" * 3_500}
    first, *more = [create(api, HERE, metadata=text) for _ in range(3)]
    assert [answer.status_code for answer in (first, *more)] == [201, 201, 429]
    assert int(more[-1].headers["retry-after"]) > 1_000
    assert more[-1].json()["detail"].endswith("(PROGRESS_MAX_CREATED_BYTES)")

    def update(size: int) -> int:
        path = f"/internal/task/{first.json()['task_id']}/update"
        body = {"status": "running", "details": {"text": "x" * size}}
        return api.http.put(path, json=body, headers=HERE).status_code

    assert [update(size) for size in (FREE - 200, FREE - 200, FREE + 8_000)] == [200, 200, 429]
    assert create(api, THERE, metadata=text).status_code == 201
    assert create(api, {}, metadata=text).status_code == 201
    assert refused(api, "bytes") == 2


@pytest.fixture(params=["its own server", pytest.param("another server", marks=pytest.mark.wide)])
def few(request: pytest.FixtureRequest, redis_url: str) -> Any:
    """Few sockets are allowed, under this package's connections and under uvicorn's own."""
    settings = Settings(
        redis_url=redis_url, max_client_sockets=2, max_sockets=3, signing_keys=(KEY,)
    )
    others = {"http": "auto", "ws": "websockets-sansio"} if "another" in request.param else {}
    running = RunningApi(create_app(settings, trusted=True), **others).start()
    Records(redis_url).start("job")
    Records(redis_url).member("member", "group")
    yield running
    running.stop()


def socket(api: RunningApi, path: str, headers: dict[str, str]) -> websockets.connect:
    return api.socket(path, additional_headers=headers)


async def code(api: RunningApi, path: str, headers: dict[str, str]) -> int:
    """The code with which a socket is closed; 0: it stays open."""
    async with asyncio.timeout(60), socket(api, path, headers) as one:
        try:
            await (await one.ping() if path == "tasks" else one.recv())
        except ConnectionClosed:
            assert one.close_reason.startswith(("this client has", "too many"))
            return one.close_code or 0
        return 0


def events(api: RunningApi, headers: dict[str, str]) -> int:
    with api.http.stream("GET", "/internal/task/job/events", headers=headers) as answer:
        if answer.status_code == 429:
            assert answer.headers["retry-after"] == "30"
        return answer.status_code


@pytest.mark.parametrize("path", ["task/job", "workflow/group", "tasks"])
async def test_a_client_has_so_many_sockets_and_no_more(few: RunningApi, path: str) -> None:
    token = share(workflow_id="group") if "group" in path else share(task_type="fetch_data")
    shared = {**HERE, "Authorization": f"Bearer {token}"}
    async with socket(few, path, HERE), socket(few, "tasks", HERE):
        assert await code(few, path, HERE) == 4429
        assert await asyncio.to_thread(events, few, HERE) == 429
        assert await code(few, path, THERE) == 0
        await opens_again(few, path, shared)  # others of the address do not shut it out
    await opens_again(few, path)
    async with socket(few, path, shared), socket(few, path, shared):
        assert await code(few, path, shared) == 4429
        assert await code(few, path, HERE) == 0
    assert refused(few, "client_sockets") == 3


async def test_each_watch_of_a_shared_socket_is_counted(few: RunningApi) -> None:
    async def watched(one: websockets.ClientConnection, name: str, **of: str) -> dict[str, Any]:
        await one.send(json.dumps({"watch": name, **of}))
        answer: dict[str, Any] = json.loads(await one.recv())
        assert answer["watch"] == name
        return answer

    limits: Limits = few.app.state.progress.limits
    async with asyncio.timeout(60), socket(few, "watch", HERE) as one:
        assert "update" in await watched(one, "a", task_id="job")
        assert (await watched(one, "b", workflow_id="group"))["code"] == 4429
        assert await code(few, "tasks", HERE) == 4429
        assert (await watched(one, "a", task_id="unknown"))["code"] == 4404
        assert "update" in await watched(one, "b", workflow_id="group")
        assert limits.open == 2
        await one.send(json.dumps({"leave": "b"}))
        assert "update" in await watched(one, "c", task_id="job")
    await asyncio.to_thread(eventually, lambda: limits.open == 0, what="all are closed")


async def opens_again(api: RunningApi, path: str, headers: dict[str, str] = HERE) -> None:
    """Once the sockets before it are closed."""
    async with asyncio.timeout(60):
        while await code(api, path, headers):
            await asyncio.sleep(0.01)


def share(**of: str) -> str:
    """A token of which a whole department may have a copy: its address counts, not its name."""
    return sign(**of, settings=Settings(signing_keys=(KEY,)))


async def test_all_clients_together_have_so_many(few: RunningApi) -> None:
    async with socket(few, "task/job", {}), socket(few, "tasks", {}), socket(few, "tasks", THERE):
        for path in ("task/job", "workflow/group", "tasks"):
            assert await code(few, path, HERE) == 4429
            assert await code(few, path, {}) == 4429
        assert await asyncio.to_thread(events, few, HERE) == 429
    await opens_again(few, "tasks")
    assert refused(few, "sockets") == 7


async def test_streams_that_end_in_any_way_are_counted_no_more(few: RunningApi) -> None:
    """Of unknown tasks, of an end, by HEAD, and by a client that goes away."""
    limits: Limits = few.app.state.progress.limits
    for _ in range(4):
        assert await asyncio.to_thread(events, few, HERE) == 200
        for path in ("no/events", "job/events"):
            url = f"/internal/task/{path}"
            await asyncio.to_thread(few.http.head, url, headers=HERE)
        async with asyncio.timeout(60), socket(few, "task/no", HERE) as one:
            with pytest.raises(ConnectionClosed):
                await one.recv()
        async with socket(few, "tasks?status=nonsense", HERE):
            pass
        await asyncio.to_thread(
            eventually, lambda: not limits.open and not limits._open, what="all are closed"
        )


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_the_client_of_an_address(address: str, client: str | None) -> None:
    assert client_of(scope_of((address, 1))) == client


def test_clients_of_a_proxy_on_this_machine_are_one_where_it_is_not_trusted() -> None:
    named = [(b"x-forwarded-for", b"203.0.113.7")]
    for server, peer, one in ((HOME, HOME, "127.0.0.1"), (("/run/api", None), None, "")):
        assert client_of(scope_of(peer, server)) is None
        assert client_of(scope_of(peer, server, named)) == one


HOME = ("127.0.0.1", 8004)


def scope_of(client: Any, server: Any = HOME, headers: Any = ()) -> dict[str, Any]:
    return {"client": client, "server": server, "headers": headers}


def test_zero_is_no_limit() -> None:
    none = dict.fromkeys(
        ("max_writes", "max_client_sockets", "max_sockets", "max_created_bytes"), 0
    )
    limits, scope = Limits(Settings(**none)), scope_of(("203.0.113.7", 1))
    for _ in range(10_000):
        assert limits.of_write(scope, "create") is None
        assert limits.of_body(scope, 1_000_000) is None
        assert callable(limits.of_stream(scope))
