"""What a proxy says of a request counts if the proxy is trusted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from progress_backend.settings import Settings
from progress_backend.web import create_app
from progress_backend.web.server.proxy_headers import Proxied
from tests.records import Records
from tests.web.serving import RunningApi

ORIGIN = {"Origin": "https://tasks.example.com"}
SAID = {"X-Forwarded-Host": "tasks.example.com", "X-Forwarded-Proto": "https"}


@pytest.fixture(params=["127.0.0.1", "127.0.0.0/8", "*", "10.0.0.0/8", ""])
def proxied(request: pytest.FixtureRequest, redis_url: str) -> Iterator[tuple[RunningApi, bool]]:
    """An API that trusts these proxies, and whether this machine is one of them."""
    Records(redis_url).start("job")
    app = Proxied(create_app(Settings(redis_url=redis_url)), request.param)
    running = RunningApi(app, proxy_headers=False).start()
    yield running, request.param in ("127.0.0.1", "127.0.0.0/8", "*")
    running.stop()


def resume(api: RunningApi, *headers: dict[str, str]) -> int:
    given = {name: value for some in headers for name, value in some.items()}
    body = {"status": "running"}
    return api.http.put("/internal/task/job/update", json=body, headers=given).status_code


def test_the_host_that_was_asked_for(proxied: tuple[RunningApi, bool]) -> None:
    api, trusted = proxied
    assert resume(api, ORIGIN) == 403
    assert resume(api, ORIGIN, SAID) == (200 if trusted else 403)
    first = {**SAID, "X-Forwarded-Host": "tasks.example.com, inner"}
    assert resume(api, ORIGIN, first) == (200 if trusted else 403)
    assert resume(api, ORIGIN, {**SAID, "X-Forwarded-Host": "other.example.com"}) == 403


def test_a_page_without_tls_is_another_origin_than_one_with(
    proxied: tuple[RunningApi, bool],
) -> None:
    api, trusted = proxied
    plain = {"Origin": "http://tasks.example.com"}
    assert resume(api, plain, SAID) == 403
    http = {**SAID, "X-Forwarded-Proto": "http"}
    assert resume(api, plain, http) == (200 if trusted else 403)


def test_no_foreign_name_becomes_ours_by_it(proxied: tuple[RunningApi, bool]) -> None:
    api, _ = proxied
    headers = {"Host": "evil.test", "X-Forwarded-Host": "127.0.0.1"}
    assert api.http.get("/internal/tasks", headers=headers).status_code == 403
