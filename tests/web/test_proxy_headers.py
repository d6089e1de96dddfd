"""What a proxy says of a request counts if the proxy is trusted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from progress_backend.settings import Settings
from progress_backend.web import create_app
from progress_backend.web.server.proxy_headers import Proxied
from tests.records import Records
from tests.web.serving import RunningApi

ORIGIN = {"Origin": "https://tasks.example.com"}
SAID = {"X-Forwarded-Host": "tasks.example.com", "X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def app(session_redis_url: str) -> FastAPI:
    return create_app(Settings(redis_url=session_redis_url, lease_s=86_400))


@pytest.fixture(params=["127.0.0.1", "127.0.0.0/8", "*", "10.0.0.0/8", ""])
def proxied(
    request: pytest.FixtureRequest, app: FastAPI, redis_url: str
) -> Iterator[tuple[RunningApi, bool]]:
    """An API that trusts these proxies, and whether this machine is one of them."""
    Records(redis_url).start("job")
    running = RunningApi(Proxied(app, request.param), proxy_headers=False).start()
    yield running, request.param in ("127.0.0.1", "127.0.0.0/8", "*")
    running.stop()


def test_the_host_and_scheme_that_were_asked_for(proxied: tuple[RunningApi, bool]) -> None:
    api, trusted = proxied

    def resume(*headers: dict[str, str]) -> int:
        given = {name: value for some in headers for name, value in some.items()}
        body = {"status": "running"}
        return api.http.put("/internal/task/job/update", json=body, headers=given).status_code

    believed = 200 if trusted else 403
    assert resume(ORIGIN) == 403
    assert resume(ORIGIN, SAID) == believed
    first = {**SAID, "X-Forwarded-Host": "tasks.example.com, inner"}
    assert resume(ORIGIN, first) == believed
    assert resume(ORIGIN, {**SAID, "X-Forwarded-Host": "other.example.com"}) == 403
    # A page without TLS is of another origin than one with.
    plain = {"Origin": "http://tasks.example.com"}
    assert resume(plain, SAID) == 403
    assert resume(plain, {**SAID, "X-Forwarded-Proto": "http"}) == believed
    # No foreign name becomes ours by it.
    headers = {"Host": "evil.test", "X-Forwarded-Host": "127.0.0.1"}
    assert api.http.get("/internal/tasks", headers=headers).status_code == 403
