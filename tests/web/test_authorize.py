"""A site's own `authorize`, over real requests and sockets."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import HTTPException
from starlette.requests import HTTPConnection

from progress_backend import Settings, sign
from progress_backend.credentials import tokens
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.store.outage_log import OneAMinute
from progress_backend.web import site_answer
from progress_backend.web.rights import Refusal, Resource
from progress_backend.web.site_answer import answer_of_site
from tests.records import Records
from tests.waiting import PATIENCE_S, eventually
from tests.web.conftest import StartApi
from tests.web.mounting import application
from tests.web.test_websockets import closed, received
from tests.web.test_websockets_all import watch_all

TEXT, TOKEN = tokens.new("reader", "read")
KEY = "k" * 32
Asked = list[tuple[str, Resource]]


@pytest.fixture(autouse=True)
def unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has the first line."""
    for name in ("_failed", "_wrong"):
        monkeypatch.setattr(site_answer, name, OneAMinute())


def _raise(error: Exception) -> Callable[..., bool]:
    def authorize(*_: object) -> bool:
        raise error

    return authorize


async def _later(request: HTTPConnection, *_: object) -> bool:
    return request.headers.get("x-user") == "alice"


class _Called:
    """A function that is none, with an answer that has to be awaited."""

    def __call__(self, request: HTTPConnection, *_: object) -> Any:
        return _later(request)


@pytest.mark.parametrize(
    ("authorize", "user", "code"),
    [
        (_later, "alice", 200),
        (_later, "bob", 403),
        (lambda *_: True, "bob", 200),
        (lambda *_: None, "bob", 403),
        (lambda *_: False, "bob", 403),
        (lambda *_: "", "bob", 403),
        (_Called(), "alice", 200),
        (_raise(HTTPException(401, "log in")), "bob", 401),
        (_raise(HTTPException(403)), "bob", 403),
        (_raise(HTTPException(302)), "bob", 403),
        (_raise(PermissionError()), "bob", 403),
        (_raise(RuntimeError("secret")), "bob", 403),
    ],
)
async def test_its_answer_is_a_code_and_never_a_traceback(
    authorize: Any, user: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    scope = {"type": "http", "headers": [(b"x-user", user.encode())]}
    found = await answer_of_site(authorize, scope, "read", Resource("task", "job"))
    assert (found.status if isinstance(found, Refusal) else 200) == code
    assert "secret" not in str(found)
    faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(faults) == (1 if "secret" in caplog.text else 0)


async def test_requests_streams_and_sockets_are_answered_as_it_says(
    redis_url: str, start_api: StartApi
) -> None:
    def authorize(request: HTTPConnection, *_: object) -> bool:
        if (user := request.headers.get("x-user")) is None:
            raise HTTPException(401, "log in")
        return user == "alice"

    Records(redis_url).start("job")
    api = start_api(redis_url=redis_url, authorize=authorize)
    for headers, code in (({"x-user": "alice"}, 200), ({"x-user": "bob"}, 403), ({}, 401)):
        for path in ("task/job/status", "task/job/events", "tasks", "workflows"):
            with api.http.stream("GET", f"/internal/{path}", headers=headers) as answer:
                assert answer.status_code == code, path
        async with (
            api.watch("job", additional_headers=headers) as one,
            watch_all(api, additional_headers=headers) as every,
        ):
            if code == 200:
                assert (await received(one))["status"] == "running"
                await (await every.ping())
            else:
                assert await closed(one) == await closed(every) == 4000 + code


def test_a_slow_function_holds_up_no_other_one_of_the_site(
    redis_url: str, start_api: StartApi
) -> None:
    held, entered = threading.Event(), list[None]()

    def authorize(*_: object) -> bool:
        entered.append(None)
        held.wait(PATIENCE_S)
        return True

    app = application("router", Settings(redis_url=redis_url))
    app.state.progress_authorize = authorize

    def site() -> str:
        return "works"

    app.get("/site")(site)
    api, many = start_api(app), site_answer.THREADS + 10
    with ThreadPoolExecutor(many) as clients:
        codes = [clients.submit(lambda: api.status("job").status_code) for _ in range(many)]
        try:
            eventually(lambda: len(entered) == site_answer.THREADS)
            assert api.http.get("/site", timeout=20).json() == "works"
            assert len(entered) == site_answer.THREADS, "a bound"
        finally:
            held.set()
        assert {code.result() for code in codes} == {404}


class _User:
    def __str__(self) -> str:
        return "secret"

    def __bool__(self) -> bool:
        raise ValueError("a user is neither")


WRONG: list[Any] = [1, 0, b"alice", {"id": 1}, _User()]


@pytest.mark.parametrize("answer", [*WRONG, "a" * 201, "a\nb"], ids=lambda one: type(one).__name__)
async def test_any_other_answer_permits_nothing_and_is_one_line_a_minute(
    answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        scope = {"type": "http", "headers": []}
        found = await answer_of_site(lambda *_: answer, scope, "read", Resource("tasks"))  # type: ignore[arg-type, return-value]  # that is the mistake
        assert found == Refusal(403, "the site does not allow this")
    (fault,) = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
    kind = type(answer).__name__.replace("str", "a text that cannot be an owner")
    assert fault.startswith(f"authorize returned {kind}")
    assert fault.endswith("; return True, False or the owner as a string")


@pytest.mark.parametrize("field", ["task_type", "owner", "workflow_id"])
def test_a_rule_on_what_a_record_says_holds_for_the_single_task_too(
    redis_url: str, start_api: StartApi, field: str
) -> None:
    """As for the list of such tasks."""
    records = Records(redis_url)
    for task, of in (("mine", "ours"), ("other", "theirs")):
        identity = ev.Identity(of, 1, member=Member((of, "inner")), owner=of)
        records.apply(task, ev.Created(identity=identity))

    def authorize(_: HTTPConnection, action: str, resource: Resource) -> bool:
        return getattr(resource, field) == "ours"

    http = start_api(redis_url=redis_url, authorize=authorize).http
    for value, task, code in (("ours", "mine", 200), ("theirs", "other", 403)):
        assert http.get(f"/internal/tasks?{field}={value}").status_code == code
        for part in ("status", "timeline", "log"):
            assert http.get(f"/internal/task/{task}/{part}").status_code == code
        acted = http.post("/internal/act", json={"action": "cancel", "ids": [task]})
        assert acted.status_code == 403, "a rule on a field refuses what is about many"
        assert http.post(f"/internal/task/{task}/cancel").status_code == code


def test_a_site_may_respond_with_the_owner_to_show(redis_url: str, start_api: StartApi) -> None:
    async def user(request: HTTPConnection, *_: object) -> str:
        return request.headers.get("x-user", "")

    records = Records(redis_url)
    for owner in ("alice", "bob"):
        records.start(f"{owner}s", owner=owner)
        records.member(f"{owner}s-member", f"{owner}s-group", owner=owner)
    http = start_api(redis_url=redis_url, authorize=user).http
    alice = {"x-user": "alice"}

    def code(path: str, body: object = None, headers: dict[str, str] = alice) -> int:
        method = "GET" if body is None else "POST"
        path = f"/internal/{path}"
        return http.request(method, path, json=body, headers=headers).status_code

    listed = http.get("/internal/tasks", headers=alice).json()
    assert [row["owner"] for row in listed["tasks"]] == ["alice", "alice"]
    assert code("task/alices/status") == code("workflow/alices-group/status") == 200
    assert code("task/alices/cancel", {}) == 200
    assert code("task/bobs/status") == code("workflow/bobs-group/status") == 403
    assert code("task/bobs/cancel", {}) == code("tasks?owner=bob") == code("workflows") == 403
    assert records.get("alices").control["by"] == "alice"
    made = http.post(
        "/internal/create-task", json={"task_type": "t", "total_items": 1}, headers=alice
    ).json()
    assert records.get(made["task_id"]).owner == "alice"
    other = {"task_type": "t", "total_items": 1, "owner": "bob"}
    assert code("create-task", other) == 403
    for user_id in ("", "a" * 201):
        assert code("tasks", headers={"x-user": user_id}) == 403


def test_it_receives_the_action_and_the_resource(redis_url: str, start_api: StartApi) -> None:
    asked: Asked = []

    def authorize(_: HTTPConnection, action: str, resource: Resource) -> bool:
        asked.append((action, resource))
        return True

    Records(redis_url).start("job")
    api = start_api(redis_url=redis_url, authorize=authorize)
    for method, path, body in (
        ("GET", "task/job/status", None),
        ("GET", "tasks?task_type=t&status=running", None),
        ("GET", "tasks?workflow_id=w", None),
        ("GET", "workflow/w/status", None),
        ("POST", "create-task", {"task_type": "t", "total_items": 1}),
        ("PUT", "task/job/update", {"status": "paused"}),
        ("POST", "task/job/cancel", {}),
        ("GET", "health", None),
    ):
        api.http.request(method, f"/internal/{path}", json=body)
    api.http.get("/metrics")
    assert asked == [
        ("read", Resource("task", "job", "fetch_data")),
        ("list", Resource("tasks", task_type="t")),
        ("list", Resource("tasks", workflow_id="w")),
        ("read", Resource("workflow", "w")),
        ("create", Resource("tasks")),
        ("update", Resource("task", "job", "fetch_data")),
        ("cancel", Resource("task", "job", "fetch_data")),
        ("metrics", Resource("metrics")),
    ]


def test_a_known_token_is_not_asked_about(redis_url: str, start_api: StartApi) -> None:
    keys = {"tokens": (TOKEN.line(),), "signing_keys": (KEY,)}
    Records(redis_url).start("job")
    api = start_api(redis_url=redis_url, **keys, authorize=lambda *_: False)
    share = sign(task_id="job", settings=Settings(redis_url=redis_url, **keys))
    for text in (TEXT, share):
        headers = {"Authorization": f"Bearer {text}"}
        assert api.status("job", headers=headers).status_code == 200
        assert api.cancel("job").status_code == 403
    assert api.status("job").status_code == 403
    # 503 until the listener is connected.
    eventually(lambda: api.http.get("/internal/health").status_code == 200)
