"""Every operation of the OpenAPI description and every socket, for every kind of caller."""

import asyncio
import contextlib
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import httpx
import pytest
import websockets
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.exceptions import ConnectionClosed

from progress_backend import sign
from progress_backend.credentials import tokens
from progress_backend.credentials.share_tokens import Share, ShareTokens
from progress_backend.credentials.tokens import Token
from progress_backend.errors import SettingsError
from progress_backend.record.model import STATUSES
from progress_backend.settings import Settings
from progress_backend.web import create_app, metrics_router, page_router, router
from progress_backend.web.openapi import docs_page
from progress_backend.web.request_token import SUBPROTOCOL, TOKEN_PROTOCOL
from progress_backend.web.rights import WRITES
from progress_backend.web.route_table import TABLE, Right
from tests.records import Records
from tests.waiting import eventually
from tests.web.mounting import application
from tests.web.serving import RunningApi

TYPE: Final = "fetch_data"
OWNER: Final = "alice smith|&"
_MADE: Final = {
    "read": tokens.new("read", "read"),
    "write": tokens.new("write", "write"),
    "read of the type": tokens.new("typed", "read", TYPE),
    "write of the type": tokens.new("typed-write", "write", TYPE),
    "write of another type": tokens.new("other", "write", "other"),
    "read of the owner": tokens.new("alice-read", "read", owner=OWNER),
    "write of the owner": tokens.new("alice", "write", owner=OWNER),
    "write of another owner": tokens.new("bob", "write", owner="bob"),
    "write of the owner and another type": tokens.new("both", "write", "other", OWNER),
    "start": tokens.new("start", "start"),
    "start of the type": tokens.new("typed-start", "start", TYPE),
    "start of the owner": tokens.new("alice-start", "start", owner=OWNER),
}
UNLIMITED: Final = {name for name, (_, of) in _MADE.items() if not (of.owner or of.task_type)}
REVOKED: Final = tokens.new("revoked", "write")
KEYS: Final = ("k" * 32, "older" * 8)
OTHERS: Final = ("z" * 32,)


class Cell(NamedTuple):
    """One request's own task and workflow."""

    task_id: str
    workflow_id: str
    job_name: str = "never"


def _text(name: str, _: Cell) -> str:
    return _MADE[name][0]


def share(keys: tuple[str, ...] = KEYS, **of: str) -> str:
    return sign(**of, settings=Settings(signing_keys=keys))


def expired(cell: Cell) -> str:
    return ShareTokens(KEYS).sign(Share("task", cell.task_id, time.time() - 1))


#: A caller's name -> the token that it sends.
CALLERS: Final[dict[str, Callable[[Cell], str | None]]] = {
    "anonymous": lambda _: None,
    "garbage": lambda _: "garbage",
    "unknown": lambda _: tokens.new("x", "write")[0],
    "revoked": lambda _: REVOKED[0],
    **{name: partial(_text, name) for name in _MADE},
    "share of this task": lambda cell: share(task_id=cell.task_id),
    "share of this workflow": lambda cell: share(workflow_id=cell.workflow_id),
    "share of the type": lambda _: share(task_type=TYPE),
    "share of the owner": lambda _: share(owner=OWNER),
    "share of another task": lambda _: share(task_id="another"),
    "share of another workflow": lambda _: share(workflow_id="another"),
    "share of another type": lambda _: share(task_type="other"),
    "share of another owner": lambda _: share(owner="bob"),
    "expired share of this task": expired,
    "share by another's key": lambda cell: share(OTHERS, task_id=cell.task_id),
}
Row = dict[str, int]


def row(
    read: int,
    write: int,
    typed: int,
    typed_write: int,
    other: int,
    owned: int,
    owned_write: int,
    other_owner: int,
    *,
    both: int = 403,
    starts: tuple[int, int, int] | None = None,
    task: int = 403,
    workflow: int = 403,
    share_typed: int = 403,
    share_owned: int = 403,
    share_other: int = 403,
    anonymous: int = 401,
) -> Row:
    """The codes in the order of CALLERS; those of a share of another task are always the same. With
    the right to start callers read what those with the right to read do; `starts` otherwise."""
    tokens_ = (*[anonymous] * 4, read, write, typed, typed_write, other)
    owners = (owned, owned_write, other_owner, both, *(starts or (read, typed, owned)))
    another = anonymous if anonymous == 200 else 403
    shares = (task, workflow, share_typed, share_owned, another, another)
    return dict(
        zip(
            CALLERS,
            (*tokens_, *owners, *shares, share_other, share_other, anonymous, anonymous),
            strict=True,
        )
    )


OPEN: Final = dict.fromkeys(CALLERS, 200)
READ: Final = row(
    200, 200, 200, 200, 403, 200, 200, 403, task=200, share_typed=200, share_owned=200
)
WRITE: Final = row(403, 200, 403, 200, 403, 403, 200, 403)
FLOW: Final = row(200, 200, 403, 403, 403, 200, 200, 403, workflow=200, share_owned=200)
WHOLE: Final = row(200, 200, 403, 403, 403, 403, 403, 403)
WHOLE_WRITE: Final = row(403, 200, 403, 403, 403, 403, 200, 403)
# Of another type's or owner's tasks it has none.
LIST: Final = row(
    *(200, 200, 200, 200, 200, 200, 200, 200),
    both=200,
    share_typed=200,
    share_owned=200,
    share_other=200,
)
#: Those of the token's type; none for an owner.
FIGURES: Final = {
    **row(*(200, 200, 200, 200, 200, 403, 403, 403), share_typed=200, share_other=200),
    "share of another owner": 403,
}
#: No jobs are started here.
JOBS: Final = row(403, 404, 403, 404, 404, 403, 404, 404, both=404, starts=(404, 404, 404))
#: The socket that several watches share: here one asks for a task, without a token of its own.
SHARED: Final = "/internal/ws/watch"
#: The row of a route by the right that it names.
BY_RIGHT: Final[dict[Right, Row]] = {
    ("read", "task"): READ,
    ("update", "task"): WRITE,
    ("cancel", "task"): WRITE,
    # No jobs are started here.
    ("start", "task"): row(403, 404, 403, 404, 403, 403, 404, 403, starts=(404, 404, 404)),
    ("list", "tasks"): LIST,
    ("read", "workflow"): FLOW,
    ("update", "workflow"): WHOLE_WRITE,
    ("cancel", "workflow"): WHOLE_WRITE,
    ("list", "workflows"): WHOLE,
    ("list", "workers"): WHOLE,
    ("list", "figures"): FIGURES,
    ("metrics", "metrics"): WHOLE,
    None: OPEN,
}
#: Rows of routes with an answer that depends on more than the right.
OF_PATH: Final = {
    "/internal/create-task": row(403, 200, 403, 200, 403, 403, 200, 200),
    # Each task is asked about by itself.
    "/internal/act": row(403, 200, 403, 200, 200, 403, 200, 200, both=200, starts=(200, 200, 200)),
    "/internal/jobs": JOBS,
    "/internal/jobs/{job_name}": JOBS,
    # A permitted caller gets 409: no living worker runs it.
    "/internal/task/{task_id}/stack": {n: 409 if c == 200 else c for n, c in WRITE.items()},
    SHARED: READ,
}


def rows(kind: type[APIRoute | APIWebSocketRoute]) -> Iterator[tuple[Any, str, Row]]:
    """Each route of a kind, its path and its row."""
    for route in (*router.routes, *metrics_router.routes):
        if isinstance(route, kind):
            path = route.path.replace(":path}", "}")
            yield route, path, OF_PATH.get(path) or BY_RIGHT[TABLE[route.endpoint].right]


#: By method and path, with 200 for each success.
HTTP: Final = {(m, path): its for route, path, its in rows(APIRoute) for m in route.methods}
#: A socket's first message, as 200, or its close code less 4000.
SOCKETS: Final = {path: its for _, path, its in rows(APIWebSocketRoute)}
#: What the description leaves out: the pages' own files.
PAGES: Final = [
    re.sub(r"\{.*?\}", "docs.js" if route.path.startswith("/docs") else "page.js", route.path)
    for route in (*page_router.routes, *docs_page.described_router.routes)
]
BODIES: Final = {
    "create-task": {"task_type": TYPE, "total_items": 1},
    "update": {"status": "paused"},
    "cancel": {},
    "act": {"action": "pause", "ids": ["never"]},
    "{job_name}": {},
}


@pytest.fixture(scope="module", params=["application", "router"])
def guarded(
    request: pytest.FixtureRequest, session_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningApi]:
    path = tmp_path_factory.mktemp("tokens") / "tokens"
    tokens.write_file(path, [token for _, token in (*_MADE.values(), REVOKED)])
    settings = Settings(redis_url=session_redis_url, tokens_file=str(path), signing_keys=KEYS)
    running = RunningApi(application(request.param, settings)).start()

    def revoked_code() -> int:
        return running.http.get("/internal/tasks", headers=sent(REVOKED[0])).status_code

    assert revoked_code() == 200
    tokens.write_file(path, [], removed=["revoked"])
    eventually(lambda: revoked_code() == 401, what="the token is revoked")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def reading_alone(session_redis_url: str) -> Iterator[RunningApi]:
    """Without tokens, on loopback."""
    running = RunningApi(create_app(Settings(redis_url=session_redis_url, read_only=True))).start()
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["application", "router"])
def open_here(request: pytest.FixtureRequest, session_redis_url: str) -> Iterator[RunningApi]:
    """Without tokens, on loopback, where a proxy's requests come from too."""
    settings = Settings(redis_url=session_redis_url)
    running = RunningApi(application(request.param, settings)).start()
    yield running
    running.stop()


#: The headers in which a proxy names a client, each with one on another machine.
PROXIED: Final = (
    {"X-Forwarded-For": "192.0.2.2"},
    {"X-Forwarded-For": "127.0.0.1, 192.0.2.2"},
    {"X-Forwarded-For": "unknown"},
    {"X-Real-IP": "192.0.2.2"},
    {"Forwarded": 'for="[::1]:123", for=_hidden'},
)


@pytest.fixture
def cell(redis_url: str) -> Callable[[], Cell]:
    records, count = Records(redis_url), itertools.count()

    def make() -> Cell:
        made = Cell(f"job-{next(count)}", f"group-{next(count)}")
        records.start(made.task_id, owner=OWNER)
        records.member(f"member-of-{made.workflow_id}", made.workflow_id, owner=OWNER)
        return made

    return make


def named(part: str) -> str:
    """A method or path in the name of a test."""
    return part.strip("/").replace("/", ".")


@cache
def described() -> dict[str, dict[str, Any]]:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1"))
    return dict(app.openapi()["paths"])


def test_the_description_has_the_operations_of_the_table() -> None:
    operations = [(method.upper(), path) for path, of in described().items() for method in of]
    assert sorted(operations) == sorted(HTTP)


@pytest.mark.parametrize("kind", [APIRoute, APIWebSocketRoute])
def test_a_right_is_about_what_the_path_names(kind: type[APIRoute | APIWebSocketRoute]) -> None:
    """A write's is one to write, and that of a task's path one to this task."""
    for route, path, _ in rows(kind):
        if (right := TABLE[route.endpoint].right) is not None:
            single = [one for one in ("task", "workflow") if f"{{{one}_id}}" in path]
            assert [right[1]] == single or (not single and right[1] not in ("task", "workflow"))
            assert (right[0] in WRITES) is (getattr(route, "methods", {"GET"}) != {"GET"}), path


def test_what_needs_no_right_is_listed() -> None:
    parts = (router, page_router, metrics_router, docs_page.described_router)
    routes = [route for part in parts for route in part.routes]
    paths = {route.path for route in routes if TABLE[route.endpoint].right is None}
    assert {path for path in paths if path.startswith("/internal")} == {
        *("/internal/health", "/internal/health/live", SHARED)
    }
    files = {route.path for route in (*page_router.routes, *docs_page.described_router.routes)}
    assert {path for path in paths if not path.startswith("/internal")} == files


def sent(text: str | None) -> dict[str, str]:
    return {} if text is None else {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize(("method", "path"), HTTP, ids=named)
def test_an_operation_is_answered_as_its_row_says(
    guarded: RunningApi, cell: Callable[[], Cell], method: str, path: str
) -> None:
    got, made = {}, cell()
    for name, token in CALLERS.items():
        url = path.format(**made._asdict())
        body = BODIES.get(path.rpartition("/")[2]) if method != "GET" else None
        with guarded.http.stream(method, url, json=body, headers=sent(token(made))) as answer:
            got[name] = 200 if answer.is_success else answer.status_code
            if answer.status_code in (401, 403):
                assert httpx.Response(200, content=answer.read()).json()["detail"]
            assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
            if got[name] == 200 and HTTP[method, path] is not OPEN and name not in UNLIMITED:
                # From the same address another caller is sent other tasks.
                tagged = "etag" in answer.headers
                assert answer.headers["cache-control"] == ("no-cache" if tagged else "no-store")
        if method != "GET" and answer.is_success:
            made = cell()
    assert got == HTTP[method, path]
    responses = described()[path][method.lower()]["responses"]
    assert {str(code) for code in {*got.values()} - {200}} <= responses.keys()


@pytest.mark.parametrize(("method", "path"), HTTP, ids=named)
def test_a_read_only_service_refuses_every_write(
    reading_alone: RunningApi, cell: Callable[[], Cell], method: str, path: str
) -> None:
    """Nor for whoever may do everything, since no token is asked for."""
    made = cell()
    url = path.format(**made._asdict())
    body = BODIES.get(path.rpartition("/")[2]) if method != "GET" else None
    with reading_alone.http.stream(method, url, json=body) as answer:
        door = 404 if HTTP[method, path] is JOBS else 200
        assert answer.status_code == (door if method == "GET" else 403)
        assert method == "GET" or b"PROGRESS_READ_ONLY" in answer.read()


@pytest.mark.parametrize(("method", "path"), HTTP, ids=named)
def test_a_foreign_page_is_refused_what_changes_something_or_streams(
    guarded: RunningApi, cell: Callable[[], Cell], method: str, path: str
) -> None:
    url, headers = path.format(**cell()._asdict()), sent(_MADE["write"][0])
    foreign = {**headers, "Origin": "http://evil.test"}
    for asked in (method, *(["HEAD"] if method == "GET" else [])):
        with guarded.http.stream(asked, url, headers=headers) as answer:
            streams = answer.headers.get("content-type", "").startswith("text/event-stream")
        with guarded.http.stream(asked, url, headers=foreign) as answer:
            assert (answer.status_code == 403) is (streams or method != "GET")
        for of in (headers, foreign):  # a route's path is the whole one
            with guarded.http.stream(asked, f"{url}%0A", headers=of) as answer:
                assert answer.status_code == 404


@pytest.mark.parametrize(("method", "path"), HTTP, ids=named)
def test_without_tokens_an_operation_is_for_this_machine_alone(
    open_here: RunningApi, cell: Callable[[], Cell], method: str, path: str
) -> None:
    url, row = path.format(**cell()._asdict()), HTTP[method, path]
    body = BODIES.get(path.rpartition("/")[2]) if method != "GET" else None
    for headers in (*PROXIED, {"X-Forwarded-For": "::1, 127.0.0.1"}):
        allowed = row["write"] if headers not in PROXIED else 200 if row is OPEN else 403
        for asked in (method, *(["HEAD"] if method == "GET" else [])):
            with open_here.http.stream(asked, url, json=body, headers=headers) as answer:
                got = 200 if answer.is_success else answer.status_code
                assert got == allowed, headers


@pytest.mark.parametrize("path", SOCKETS)
async def test_without_tokens_a_socket_is_for_this_machine_alone(
    open_here: RunningApi, cell: Callable[[], Cell], path: str
) -> None:
    made = cell()
    url = f"ws://127.0.0.1:{open_here.port}{path.format(**made._asdict())}"
    for more, headers in (*(("", of) for of in PROXIED), ("%0A", {})):
        how = {"proxy": None, "additional_headers": headers}
        async with asyncio.timeout(20), websockets.connect(f"{url}{more}", **how) as socket:
            if path == SHARED and not more:
                code = await shared_code(socket, "a", task_id=made.task_id)
            else:
                await socket.wait_closed()
                code = (socket.close_code or 0) - 4000
        assert code == (404 if more else 403), headers  # its path is the whole one


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_open_since_it_asks_for_a_token_itself(guarded: RunningApi, path: str) -> None:
    answer = guarded.http.get(path)
    mine = guarded.app.title == "progress-backend" or not path.startswith("/docs")
    assert answer.status_code == (200 if mine else 404)


@pytest.mark.parametrize("way", ["header", "subprotocol"])
@pytest.mark.parametrize("path", SOCKETS)
async def test_a_socket_is_answered_as_its_row_says(
    guarded: RunningApi, cell: Callable[[], Cell], path: str, way: str
) -> None:
    got, made = {}, cell()
    url = f"ws://127.0.0.1:{guarded.port}{path.format(**made._asdict())}"
    for name, token in CALLERS.items():
        text = token(made)
        offered = [SUBPROTOCOL, *([f"{TOKEN_PROTOCOL}{text}"] if text else [])]
        how = (
            {"additional_headers": sent(text)}
            if way == "header"
            else {"subprotocols": [websockets.Subprotocol(one) for one in offered]}
        )
        async with asyncio.timeout(60), websockets.connect(url, proxy=None, **how) as socket:
            assert socket.subprotocol == (SUBPROTOCOL if way == "subprotocol" else None)
            if path == SHARED:
                got[name] = await shared_code(socket, "a", task_id=made.task_id)
                continue
            with contextlib.suppress(ConnectionClosed):
                # The socket of all tasks sends nothing before something happens.
                await (await socket.ping() if path.endswith("/tasks") else socket.recv())
                got[name] = 200
            if socket.close_code is not None:
                got[name] = socket.close_code - 4000
    assert got == SOCKETS[path]


async def shared_code(socket: websockets.ClientConnection, name: str, **asked: str | None) -> int:
    """200, or the code less 4000 with which a watch of the shared socket is refused."""
    message = {key: value for key, value in asked.items() if value is not None}
    await socket.send(json.dumps({"watch": name, **message}))
    answer = json.loads(await socket.recv())
    assert answer["watch"] == name
    return answer["code"] - 4000 if "code" in answer else 200


@pytest.mark.parametrize(("kind", "expected"), [("task", READ), ("workflow", FLOW)])
async def test_a_watch_of_a_shared_socket_is_answered_as_its_row_says(
    guarded: RunningApi, cell: Callable[[], Cell], kind: str, expected: Row
) -> None:
    """Each with a token of its own, over one socket that has none."""
    got, made = {}, cell()
    url = f"ws://127.0.0.1:{guarded.port}{SHARED}"
    async with asyncio.timeout(60), websockets.connect(url, proxy=None) as socket:
        for name, token in CALLERS.items():
            asked = {f"{kind}_id": getattr(made, f"{kind}_id"), "token": token(made)}
            got[name] = await shared_code(socket, name, **asked)
    assert got == expected


def test_a_list_has_the_tasks_of_the_callers_type_alone(
    guarded: RunningApi, cell: Callable[[], Cell]
) -> None:
    made = cell()

    def listed(name: str, query: str = "") -> httpx.Response:
        token = CALLERS[name](made)
        return guarded.http.get(f"/internal/tasks{query}", headers=sent(token))

    for name in ("read", "write", "read of the type", "share of the type"):
        assert made.task_id in listed(name).text
    body = listed("write of another type").json()
    assert body["tasks"] == []
    assert body["pagination"]["total"] == 0
    assert set(body["summary"].values()) == {0}
    assert listed("read").json()["summary"]["running"] == 1
    assert listed("write of another type", f"?task_type={TYPE}").status_code == 403
    assert listed("write of another type", f"?task_type=other&task_type={TYPE}").status_code == 403
    assert listed("read of the type", f"?workflow_id={made.workflow_id}").status_code == 403
    for name, code in (("read", 200), ("read of the type", 403)):
        assert listed(name, "?top=true").status_code == code


def test_a_list_has_the_tasks_of_the_callers_owner_alone(
    guarded: RunningApi, cell: Callable[[], Cell], redis_url: str
) -> None:
    made, records = cell(), Records(redis_url)
    records.create("nobodys")
    records.create("bobs", owner="bob")

    def listed(name: str, query: str = "") -> httpx.Response:
        return guarded.http.get(f"/internal/tasks{query}", headers=sent(CALLERS[name](made)))

    def ids(name: str, query: str = "") -> list[str]:
        return [row["task_id"] for row in listed(name, query).json()["tasks"]]

    own = [f"member-of-{made.workflow_id}", made.task_id]
    for name in ("read of the owner", "write of the owner", "share of the owner"):
        assert ids(name) == own
        assert ids(name, "?status=running") == [made.task_id]
        assert ids(name, f"?task_type={TYPE}") == own
        assert ids(name, f"?workflow_id={made.workflow_id}") == own[:1]
        assert listed(name).json()["summary"] == {
            **dict.fromkeys(STATUSES, 0), "created": 1, "running": 1
        }  # fmt: skip
        for query in ("?top=true", "?owner=bob", f"?owner=bob&task_type={TYPE}"):
            assert listed(name, query).status_code == 403
        assert listed(name, f"?owner={quote(OWNER)}&owner=bob").status_code == 403
    assert ids("write of another owner") == ["bobs"]
    assert ids("write of the owner and another type") == []
    # There is no count of an owner's tasks by type, and those of other types are not sent.
    for name, query in (
        ("write of the owner and another type", ""),
        ("read of the type", f"?owner={quote(OWNER)}"),
    ):
        assert listed(name, query).json()["summary"] == dict.fromkeys(STATUSES), name
    assert listed("write of another owner", f"?workflow_id={made.workflow_id}").status_code == 403
    assert ids("read", "?owner=bob") == ["bobs"]
    assert sum(listed("read").json()["summary"].values()) == 4


def test_a_workflow_is_an_owners_only_if_all_members_are(
    guarded: RunningApi, cell: Callable[[], Cell], redis_url: str
) -> None:
    made, records = cell(), Records(redis_url)
    mine, theirs = (sent(CALLERS[f"read of {who}"](made)) for who in ("the owner", "the type"))
    status = f"/internal/workflow/{made.workflow_id}/status"
    assert guarded.http.get(status, headers=mine).status_code == 200
    as_task = f"/internal/task/{made.workflow_id}/status"
    assert guarded.http.get(as_task, headers=mine).json()["task_type"] == "workflow"
    assert guarded.http.get(as_task, headers=theirs).status_code == 403
    assert guarded.http.get("/internal/task/none/status", headers=mine).status_code == 403
    records.member("bobs", made.workflow_id, owner="bob")
    assert guarded.http.get(status, headers=mine).status_code == 403
    assert guarded.http.get("/internal/task/bobs/status", headers=mine).status_code == 403


def test_a_token_of_an_owner_makes_tasks_of_that_owner_alone(
    guarded: RunningApi, redis_url: str
) -> None:
    headers, body = sent(_MADE["write of the owner"][0]), {"task_type": TYPE, "total_items": 1}
    made = guarded.http.post("/internal/create-task", json=body, headers=headers).json()
    assert Records(redis_url).get(made["task_id"]).owner == OWNER
    body["owner"] = "bob"
    assert guarded.http.post("/internal/create-task", json=body, headers=headers).status_code == 403
    headers = sent(_MADE["write"][0])
    made = guarded.http.post("/internal/create-task", json=body, headers=headers).json()
    assert Records(redis_url).get(made["task_id"]).owner == "bob"
    for wrong in ("a" * 201, "a\nb", 5):
        answer = guarded.http.post(
            "/internal/create-task", json={**body, "owner": wrong}, headers=headers
        )
        assert answer.status_code == 422


def test_an_empty_filter_does_not_widen_what_a_caller_sees(
    guarded: RunningApi, redis_url: str
) -> None:
    records, headers = Records(redis_url), sent(_MADE["read of the owner"][0])
    for task_id, owner in (("bobs", "bob"), ("mine", OWNER)):
        records.create(task_id, owner=owner)
    for query in ("owner=", "owner=&task_type=&top="):
        body = guarded.http.get(f"/internal/tasks?{query}", headers=headers).json()
        assert {row["owner"] for row in body["tasks"]} == {OWNER}, query
    for query in ("owner=bob&owner=", "owner=&owner=bob"):
        answer = guarded.http.get(f"/internal/tasks?{query}", headers=headers)
        assert answer.status_code == 403, query


async def test_the_socket_of_all_tasks_has_the_callers_owners_alone(
    guarded: RunningApi, cell: Callable[[], Cell], redis_url: str
) -> None:
    made, records = cell(), Records(redis_url)
    url = f"ws://127.0.0.1:{guarded.port}/internal/ws/tasks"
    own = {"additional_headers": sent(CALLERS["read of the owner"](made))}
    async with asyncio.timeout(60), websockets.connect(url, proxy=None, **own) as socket:
        await (await socket.ping())
        for task_id, owner in (("bobs", "bob"), ("nobodys", None), ("mine", OWNER)):
            await asyncio.to_thread(records.create, task_id, owner=owner)
        message = json.loads(await socket.recv())
    assert (message["task_id"], message["owner"]) == ("mine", OWNER)


def test_what_a_token_may_is_in_its_line() -> None:
    text, made = tokens.new("a", "read", "fetch data")
    assert text not in made.line()
    assert Token.of(made.line()) == made
    for limits in ({"owner": "a b"}, {"owner": "a|=b", "task_type": "x owner=y"}):
        made = tokens.new("a", "read", **limits)[1]
        assert (made.task_type, made.owner) == (limits.get("task_type"), limits["owner"])
        assert Token.of(made.line()) == made
    for wrong in ("", " ", "a\nb", "a" * 201, "a task_type=b"):
        with pytest.raises(SettingsError, match="owner"):
            tokens.new("a", "read", owner=wrong)
    with pytest.raises(SettingsError, match="OWNER"):
        Token.of(f"{tokens.new('a', 'read')[1].line()} owner=")
