"""The guard over real connections: every route, short and long, in one's own application, too."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import websockets

from progress_backend.settings import Settings
from progress_backend.store.outage_log import OneAMinute
from progress_backend.web import access
from tests.records import Records
from tests.web.mounting import application
from tests.web.serving import RunningApi
from tests.web.test_websockets import closed, received

FRIEND = "http://localhost:5173"
FOE = "http://evil.test"
KINDS = ["application", "router", "mounted"]
#: What says so with a body, of whatever kind.
WRITES = [
    ("POST", "/internal/create-task", {"task_type": "t", "total_items": 1}),
    ("PUT", "/internal/task/job/update", {"status": "paused"}),
    ("POST", "/internal/task/job/cancel", {}),
]
READS = [
    "/internal/task/job/status",
    "/internal/task/nope/status",
    "/internal/workflow/group/status",
    "/internal/workflow/nope/status",
    "/internal/workflows",
    "/internal/tasks",
    "/internal/tasks?page=0",
    "/internal/health",
    "/internal/health/live",
    "/metrics",
    "/",
    "/static/page.js",
]


@pytest.fixture(scope="module", params=KINDS)
def served(request: pytest.FixtureRequest, session_redis_url: str) -> Iterator[RunningApi]:
    """An API that lets one origin and one name in."""
    settings = Settings(
        redis_url=session_redis_url,
        allowed_origins=(FRIEND,),
        allowed_hosts=("tasks.example.com",),
        lease_s=86_400,
    )
    running = RunningApi(application(request.param, settings, "/at")).start()
    if request.param != "application":
        running.http.base_url = f"http://127.0.0.1:{running.port}/at"
    yield running
    running.stop()


@pytest.fixture
def guarded(served: RunningApi, redis_url: str) -> RunningApi:
    """It, with one running job and a workflow."""
    Records(redis_url).start("job")
    Records(redis_url).member("member", "group")
    return served


def stored(redis_url: str) -> dict[bytes, Any]:
    with redis.Redis.from_url(redis_url) as client:
        return {key: client.dump(key) for key in client.keys("task*")}


def test_writes_of_a_foreign_page_change_nothing(guarded: RunningApi, redis_url: str) -> None:
    before = stored(redis_url)
    for method, path, body in WRITES:
        for headers in (
            {"Origin": FOE},
            {"Origin": "null"},
            {"Origin": FOE, "Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Host": "evil.test", "Origin": FOE},
            {"Host": "evil.test"},
        ):
            answer = guarded.http.request(method, path, json=body, headers=headers)
            assert answer.status_code == 403, (path, headers)
            assert answer.json()["detail"]
            assert "access-control-allow-origin" not in answer.headers
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            for content in (b"", b"{}"):
                answer = guarded.http.request(
                    method, path, content=content, headers={"Content-Type": kind}
                )
                assert answer.status_code == 415, (path, kind)
                assert "application/json" in answer.json()["detail"]
    assert stored(redis_url) == before


def test_a_foreign_origin_is_counted_and_logged_once(
    guarded: RunningApi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_foreign", OneAMinute())
    method, path, body = WRITES[0]

    def counted() -> float:
        (line,) = re.findall(
            r'progress_refused_total\{kind="origin"\} (\S+)', guarded.http.get("/metrics").text
        )
        return float(line)

    before = counted()
    for _ in range(3):
        guarded.http.request(method, path, json=body, headers={"Origin": FOE})
    assert counted() - before == 3
    (line,) = [r.getMessage() for r in caplog.records if r.name == access.__name__]
    assert FOE in line
    assert "PROGRESS_ALLOWED_ORIGINS" in line


def test_own_pages_named_origins_and_programs_may(guarded: RunningApi) -> None:
    own = f"http://127.0.0.1:{guarded.port}"
    for headers in (
        {},
        {"Origin": own, "Sec-Fetch-Site": "same-origin"},
        {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://tasks.example.com", "Host": "tasks.example.com"},
    ):
        for method, path, body in WRITES[:2]:
            answer = guarded.http.request(method, path, json=body, headers=headers)
            assert answer.is_success, (path, headers, answer.text)
            friend = answer.headers.get("access-control-allow-origin")
            assert friend == (FRIEND if headers.get("Origin") == FRIEND else None)
    assert guarded.http.post("/internal/task/job/cancel").status_code == 200


def test_reads_say_who_may_read_them(guarded: RunningApi) -> None:
    for path in READS:
        plain = guarded.http.get(path)
        friend = guarded.http.get(path, headers={"Origin": FRIEND})
        foe = guarded.http.get(path, headers={"Origin": FOE})
        assert plain.status_code == friend.status_code == foe.status_code
        assert friend.headers["access-control-allow-origin"] == FRIEND
        assert "ETag" in friend.headers["access-control-expose-headers"]
        for other in (plain, foe):
            assert "access-control-allow-origin" not in other.headers
        for answer in (plain, friend, foe):
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"], path
            assert answer.headers.get_list("vary").count("Origin") == 1, path
        rebound = guarded.http.get(path, headers={"Host": f"evil.test:{guarded.port}"})
        assert rebound.status_code == 403, path
        assert "PROGRESS_ALLOWED_HOSTS" in rebound.json()["detail"]


def test_a_browser_asks_before_it_writes(guarded: RunningApi) -> None:
    asks = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for _, path, _ in WRITES:
        may = guarded.http.options(path, headers={"Origin": FRIEND, **asks})
        assert may.status_code == 204, path
        assert may.headers["access-control-allow-origin"] == FRIEND
        assert "PUT" in may.headers["access-control-allow-methods"]
        assert may.headers["access-control-allow-headers"] == "authorization,content-type"
        may_not = guarded.http.options(path, headers={"Origin": FOE, **asks})
        assert may_not.status_code == 403
        assert not [name for name in may_not.headers if name.startswith("access-control-")]
    assert guarded.http.options("/internal/tasks").status_code == 405


@pytest.mark.parametrize(
    ("path", "its_id"), [("task/job", "job"), ("tasks", "job"), ("workflow/group", "group")]
)
async def test_sockets_ask_too_and_say_why_not(
    guarded: RunningApi, redis_url: str, path: str, its_id: str
) -> None:
    async def refused(**options: Any) -> str:
        async with guarded.socket(path, **options) as one:
            assert await closed(one) == 4403
            return str(one.close_reason)

    assert "PROGRESS_ALLOWED_ORIGINS" in await refused(origin=FOE)
    assert "another site" in await refused(additional_headers={"Sec-Fetch-Site": "cross-site"})
    base = str(guarded.http.base_url).rstrip("/").replace("http://127.0.0.1", "ws://evil.test")
    named = f"{base}/internal/ws/{path}"
    async with websockets.connect(named, proxy=None, host="127.0.0.1") as one:
        assert await closed(one) == 4403
        assert "PROGRESS_ALLOWED_HOSTS" in str(one.close_reason)
    for options in ({}, {"origin": FRIEND}, {"origin": f"http://127.0.0.1:{guarded.port}"}):
        async with guarded.socket(path, **options) as one:
            await asyncio.to_thread(Records(redis_url).progress, "job", 1)
            assert (await received(one))["task_id"] == its_id


def test_without_the_settings_there_are_no_cors_headers(api: RunningApi, redis_url: str) -> None:
    Records(redis_url).start("job")
    for path in READS:
        answer = api.http.get(path, headers={"Origin": FRIEND})
        assert "Origin" not in answer.headers.get_list("vary")
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert api.http.get("/nowhere").headers["x-content-type-options"] == "nosniff"
    assert api.http.get("/openapi.json").headers["x-content-type-options"] == "nosniff"


#: Their bodies have times and figures that go on.
MOVING = ["/metrics", "/internal/health"]


def test_head_is_get_without_its_body(guarded: RunningApi) -> None:
    for path in [*READS, "/internal/task/nope/events"]:
        get, head = guarded.http.get(path), guarded.http.head(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        if path not in MOVING:
            given = [{k: v for k, v in a.headers.items() if k != "date"} for a in (get, head)]
            assert given[0] == given[1], path


def test_head_of_a_stream_ends(guarded: RunningApi) -> None:
    for path in ("task/job/events", "workflow/group/events"):
        head = guarded.http.head(f"/internal/{path}", timeout=60)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"].startswith("text/event-stream")
    refused = guarded.http.head("/internal/task/job/events", headers={"Origin": FOE})
    assert refused.status_code == 403


def test_head_is_no_way_to_write(guarded: RunningApi) -> None:
    for _, path, _ in WRITES:
        answer = guarded.http.head(path)
        assert answer.status_code == 405
        assert answer.headers["x-content-type-options"] == "nosniff"
