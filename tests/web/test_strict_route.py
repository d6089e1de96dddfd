"""What calls a route: this package in an application of `create_app`, FastAPI in another one."""

import httpx
import pytest
import redis
import websockets
from fastapi import Depends, FastAPI, HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from progress_backend.settings import Settings
from progress_backend.web import create_app, router
from progress_backend.web.access import SECURING
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

ASKED = [
    "/internal/task/running/status",
    "/internal/task/unknown/status",
    "/internal/task/a%2Fb/status",
    "/internal/task/%E9%80%B2%E6%8D%97/status?more=1",
    "/internal/task/a%00b/status",
    "/internal/task/" + "x" * 256 + "/status",
    "/internal/task/running/status%0A",
    "/other/internal/task/running/status",
    "/internal/task/group/status",
    "/internal/workflow/group/status",
    "/internal/workflow/unknown/status",
    "/internal/tasks?workflow_id=group",
    "/internal/tasks?workflow_id=group&symbol=7203.T",
    "/internal/tasks",
    "/internal/tasks/",
    "/internal/tasks?page=2&limit=1",
    "/internal/tasks?status=running&task_type=fetch_data&symbol=7203.T",
    "/internal/tasks?task_type=%E9%80%B2+x&symbol=a%26b",
    "/internal/tasks?limit=1&limit=2",
    "/internal/tasks?symbol",
    "/internal/tasks?symbol=%FF",
]


def response_of(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    # The time, a redirection to one's own port, and what an application puts on its own answers.
    own = ("date", "location", *(name.decode() for name, _ in SECURING))
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return answer.status_code, answer.content, headers


@pytest.fixture
def routed(start_api: StartApi, redis_url: str) -> RunningApi:
    """The router in an application of one's own."""
    own = FastAPI()
    own.state.progress_settings = Settings(redis_url=redis_url, timezone="Asia/Tokyo")
    own.include_router(router)
    return start_api(own)


BODIES = [
    ("", "application/json"),
    ("{}", "application/json"),
    ("{}", "application/problem+json; charset=utf-8"),
    ("{}", "application/octet-stream"),
    ("{}", None),
    ("[", "application/json"),
    ("[1]", "application/json"),
    ("null", "application/json"),
    ('{"terminate":1}', "application/json"),
    ('{"reason":"x","more":1}', "application/json"),
    ('{"reason":"' + "x" * 2_000_000 + '"}', "application/json"),
]


def test_bodies_are_taken_alike(api: RunningApi, routed: RunningApi) -> None:
    codes = set()
    for path in ("/internal/task/none/cancel", "/internal/create-task"):
        for body, kind in BODIES:
            headers = {} if kind is None else {"Content-Type": kind}
            mine = response_of(api.http.post(path, content=body, headers=headers))
            theirs = response_of(routed.http.post(path, content=body, headers=headers))
            assert mine == theirs, (body, kind)
            codes.add(mine[0])
    assert codes == {404, 413, 415, 422}


def test_both_answer_alike(api: RunningApi, routed: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.start("running")
    records.progress("running", 40)
    for task_id in ("created", "a/b", "進捗"):
        records.create(task_id)
    records.member("member", "group")
    with redis.Redis.from_url(redis_url) as client:
        client.set("task_runs:fetch_data", "[1,0.1,1,null]\n")
    for server in (api, routed):  # what was known of the type is read again after a second
        eventually(lambda server=server: server.status("running").json()["estimated_completion"])
    tag = api.status("running").headers["etag"]
    codes = set()
    for path in ASKED:
        for method in ("GET", "HEAD", "POST") if path in ASKED[::4] else ("GET",):
            tags = (tag, "*") if method == "GET" else ()
            for headers in ({}, *({"If-None-Match": one} for one in tags)):
                mine = response_of(api.http.request(method, path, headers=headers))
                assert mine == response_of(routed.http.request(method, path, headers=headers)), path
                codes.add(mine[0])
    assert codes == {200, 304, 307, 404, 405, 422}


async def test_what_others_put_before_the_routes_comes_first(
    start_api: StartApi, redis_url: str
) -> None:
    class Guard:
        """A user's own middleware."""

        def __init__(self, app: ASGIApp) -> None:
            self._app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            if scope["type"] == "http" and (b"x-key", b"right") not in scope["headers"]:
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await self._app(scope, receive, send)

    app = create_app(Settings(redis_url=redis_url))
    app.add_middleware(Guard)
    api = start_api(app)
    Records(redis_url).create("job")
    assert api.status("job").status_code == 401
    assert api.status("job", headers={"X-Key": "right"}).status_code == 200
    with pytest.raises(websockets.InvalidStatus, match="403"):
        await api.watch("job")


def test_a_routers_dependencies_are_asked(start_api: StartApi, redis_url: str) -> None:
    def refuse() -> None:
        raise HTTPException(401)

    own = FastAPI()
    own.state.progress_settings = Settings(redis_url=redis_url)
    own.include_router(router, dependencies=[Depends(refuse)])
    Records(redis_url).create("job")
    assert start_api(own).status("job").status_code == 401
