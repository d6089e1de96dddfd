"""The headers that browsers obey, on every answer: of each route, page, file and error."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from progress_backend.settings import Settings
from progress_backend.web.page import ELEMENT
from tests.records import Records
from tests.web.mounting import application
from tests.web.serving import RunningApi
from tests.web.test_rights_matrix import BODIES, HTTP

STATIC: Final = Path(__file__).parents[2] / "progress_backend" / "web" / "static"
FILES: Final = sorted({f"/static/{file.name}" for file in STATIC.glob("*.[jc]s*")})
PAGES: Final = ("/", "/docs", "/docs/docs.js", "/docs/swagger-ui.css", *FILES)
NO_PAGE: Final = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture(scope="module", params=["application", "router"])
def running(request: pytest.FixtureRequest, session_redis_url: str) -> Iterator[RunningApi]:
    settings = Settings(redis_url=session_redis_url)
    api = RunningApi(application(request.param, settings)).start()
    yield api
    api.stop()


def check(headers: httpx.Headers, what: object, *, page: bool = False) -> None:
    """Each is there, once."""
    assert headers.get_list("x-content-type-options") == ["nosniff"], what
    assert headers.get_list("referrer-policy") == ["no-referrer"], what
    (policy,) = headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy, what
    assert "frame-ancestors 'none'" in policy, what
    assert (policy != NO_PAGE) == page, what


def ask(api: RunningApi, method: str, path: str, **options: Any) -> httpx.Response:
    with api.http.stream(method, path, **options) as answer:
        return answer


def test_every_operation(running: RunningApi, redis_url: str) -> None:
    records = Records(redis_url)
    records.start("job")
    records.member("member", "group")
    for method, path in HTTP:
        url, unknown = (
            path.format(task_id=task, workflow_id=flow, job_name="never")
            for task, flow in (("job", "group"), ("nope", "nope"))
        )
        body = BODIES.get(path.rpartition("/")[2]) if method != "GET" else None
        for of_url in (url, unknown):
            for options in ({"json": body}, {"headers": {"Host": "evil.test"}}):
                answer = ask(running, method, of_url, **options)
                check(answer.headers, (method, of_url, answer.status_code))
        check(ask(running, "DELETE", url).headers, ("DELETE", url))
    tag = running.status("job").headers["etag"]
    unchanged = running.status("job", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    check(unchanged.headers, 304)


def test_every_page_and_file(running: RunningApi) -> None:
    own = running.app.title == "progress-backend"
    assert len(FILES) > 5
    for path in PAGES:
        if own or not path.startswith("/docs"):
            for packing in ("identity", "gzip"):
                answer = ask(running, "GET", path, headers={"Accept-Encoding": packing})
                assert answer.status_code == 200, path
                check(answer.headers, path, page=True)
    origin = {"Origin": "https://shop.example"}
    answer = ask(running, "GET", f"/static/{ELEMENT}", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    check(ask(running, "GET", "/static/nope.js").headers, "no such file")
    if own:
        for path in ("/nowhere", "/internal", "/docs/nope.js", "/openapi.json"):
            check(ask(running, "GET", path).headers, path)


async def test_a_fault_of_the_service(
    running: RunningApi, monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(running.app.state.progress.store), "execute", fault)
    monkeypatch.setattr(type(running.app.state.progress.store), "run", fault)
    for method, path in (("GET", "/internal/tasks"), ("POST", "/internal/task/x/cancel")):
        answer = await asyncio.to_thread(ask, running, method, path)
        assert answer.status_code == 500
        if running.app.title == "progress-backend":  # else the application's own answer
            check(answer.headers, path)
