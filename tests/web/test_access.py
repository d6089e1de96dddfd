"""The rule alone: which requests and sockets may pass."""

from typing import Any

import pytest

from progress_backend.settings import Settings
from progress_backend.web.access import Access, Bound

LOOPBACK = Bound("127.0.0.1", "127.0.0.1")
EVERYWHERE = Bound("0.0.0.0", "0.0.0.0")
STATUS = "/internal/task/job/status"
EVENTS = "/internal/task/job/events"
CANCEL = "/internal/task/job/cancel"


def access(
    *, origins: tuple[str, ...] = (), hosts: tuple[str, ...] = (), bound: Bound | None = None
) -> Access:
    return Access(Settings(allowed_origins=origins, allowed_hosts=hosts), bound)


def scope(
    method: str,
    path: str = STATUS,
    *headers: tuple[str, str],
    host: str | None = "127.0.0.1:8004",
    server: str | None = "127.0.0.1",
    scheme: str = "http",
) -> dict[str, Any]:
    named = [("host", host)] if host is not None else []
    return {
        "type": "websocket" if method == "WS" else "http",
        "method": method,
        "path": path,
        "scheme": scheme,
        "server": None if server is None else (server, 8004),
        "headers": [(k.encode(), v.encode("latin-1")) for k, v in [*named, *headers]],
        "query_string": b"",
    }


def status(rule: Access, asked: dict[str, Any]) -> int | None:
    refusal = rule.refusal(asked, streams=asked["path"].endswith("/events"))
    return None if refusal is None else refusal.status


ACTS = [
    ("POST", "/internal/create-task"),
    ("PUT", "/internal/task/job/update"),
    ("POST", CANCEL),
    ("DELETE", STATUS),
    ("GET", EVENTS),
    ("HEAD", EVENTS),
    ("WS", "/internal/ws/task/job"),
    ("WS", "/internal/ws/tasks"),
    ("WS", "/internal/ws/watch"),
    ("WS", "/internal/ws/workflow/group"),
    ("GET", "/internal/workflow/group/events"),
    ("POST", "/progress/internal/task/job/cancel"),
]
OWN = ["http://127.0.0.1:8004", "HTTP://127.0.0.1:8004"]
FOREIGN = [
    *("http://evil.test", "https://evil.test", "http://127.0.0.1", "http://127.0.0.1:3000"),
    *("http://localhost:8004", "https://127.0.0.1", "http://127.0.0.1:8004.evil.test"),
    *("http://127.0.0.1:80044", "http://x@127.0.0.1:8004", "ftp://127.0.0.1:8004"),
    *("chrome-extension://127.0.0.1:8004", "127.0.0.1:8004", "null", "", "é"),
]


@pytest.mark.parametrize(("method", "path"), ACTS)
def test_acts_are_for_programs_and_own_pages(method: str, path: str) -> None:
    rule = access(bound=LOOPBACK)
    assert status(rule, scope(method, path)) is None
    assert status(rule, scope(method, path, ("sec-fetch-site", "same-origin"))) is None
    assert status(rule, scope(method, path, ("sec-fetch-site", "none"))) is None
    assert status(rule, scope(method, path, ("sec-fetch-site", "cross-site"))) == 403
    for origin in OWN:
        assert status(rule, scope(method, path, ("origin", origin))) is None
    for origin in FOREIGN:
        assert status(rule, scope(method, path, ("origin", origin))) == 403, origin
    both = scope(method, path, ("origin", OWN[0]), ("origin", FOREIGN[0]))
    assert status(rule, both) == 403


@pytest.mark.parametrize(("method", "path"), ACTS)
def test_named_origins_may_too(method: str, path: str) -> None:
    rule = access(origins=("http://localhost:5173", "https://App.example.com:443"))
    for origin in ("http://localhost:5173", "https://app.example.com"):
        cross = scope(method, path, ("origin", origin), ("sec-fetch-site", "cross-site"))
        assert status(rule, cross) is None
    for origin in ("http://localhost:5174", "http://app.example.com", "https://example.com"):
        assert status(rule, scope(method, path, ("origin", origin))) == 403


@pytest.mark.parametrize("path", [STATUS, "/internal/tasks", "/", "/metrics", "/docs"])
def test_reads_pass_since_a_foreign_page_cannot_see_their_answer(path: str) -> None:
    rule = access(bound=LOOPBACK)
    cross = ("origin", "http://evil.test"), ("sec-fetch-site", "cross-site")
    for method in ("GET", "HEAD"):
        assert status(rule, scope(method, path, *cross)) is None
    assert rule.crossing(scope("GET", path, *cross)) is None


def test_the_own_host_behind_a_proxy() -> None:
    rule = access(bound=EVERYWHERE)
    origin = ("origin", "https://tasks.example.com")
    # TLS may end at the proxy: https is as good as http, until it is known to be https.
    assert status(rule, scope("POST", CANCEL, origin, host="tasks.example.com")) is None
    assert status(rule, scope("POST", CANCEL, origin, host="tasks.example.com:443")) is None
    assert status(rule, scope("POST", CANCEL, origin, host="progress")) == 403
    plain = ("origin", "http://tasks.example.com")
    secure = scope("POST", CANCEL, plain, host="tasks.example.com", scheme="https")
    assert status(rule, secure) == 403


GOOD_HOSTS = [
    *("127.0.0.1:8004", "127.0.0.1", "LocalHost:8004", "localhost.", "app.localhost:1"),
    *("[::1]:8004", "192.168.1.5", "", None),
]
BAD_HOSTS = [
    *("evil.test", "evil.test:8004", "127.0.0.1.evil.test", "localhost.evil.test"),
    *("notlocalhost", "127.0.0.1@evil.test", "évil", "[evil.test]", "a:b:c"),
]


@pytest.mark.parametrize("method", ["GET", "POST", "WS"])
def test_a_server_on_loopback_answers_to_its_own_names(method: str) -> None:
    rule = access(bound=Bound("mybox", "127.0.1.1"))
    for host in [*GOOD_HOSTS, "mybox:8004"]:
        assert status(rule, scope(method, host=host)) is None, host
    for host in [*BAD_HOSTS, "tasks.example.com"]:
        assert status(rule, scope(method, host=host)) == 403, host
    named = access(hosts=("tasks.example.com",), bound=LOOPBACK)
    assert status(named, scope(method, host="Tasks.example.com:8080")) is None
    twice = scope(method, STATUS, ("host", "evil.test"))
    assert status(named, twice) == 403


def test_on_other_addresses_every_host_is_served_unless_hosts_are_set() -> None:
    for host in ("notification:8004", "evil.test", "é"):
        # Also over loopback: a health check, or a proxy on this machine.
        assert status(access(bound=EVERYWHERE), scope("GET", host=host)) is None
        assert status(access(), scope("GET", host=host, server="10.0.0.5")) is None
        assert status(access(), scope("GET", host=host, server=None)) is None
    restricted = access(hosts=("notification",), bound=EVERYWHERE)
    assert status(restricted, scope("GET", host="notification:8004")) is None
    assert status(restricted, scope("GET", host="127.0.0.1:8004")) is None
    assert status(restricted, scope("GET", host="evil.test")) == 403


def test_without_tokens_on_other_addresses_a_name_with_a_dot_has_to_be_listed() -> None:
    """A page of the internet can have such a name resolve to this machine (DNS rebinding)."""
    insecure = Bound("0.0.0.0", "0.0.0.0", insecure=True)
    for host in [*GOOD_HOSTS, "notification:8004", "api", "api_1"]:
        assert status(access(bound=insecure), scope("GET", host=host)) is None, host
    for host in {*BAD_HOSTS, "tasks.example.com", "[evil]"} - {"notlocalhost"}:
        assert status(access(bound=insecure), scope("GET", host=host)) == 403, host
    named = access(hosts=("tasks.example.com",), bound=insecure)
    assert status(named, scope("GET", host="tasks.example.com")) is None
    assert status(named, scope("GET", host="api:8004")) is None


def test_under_a_server_that_does_not_say_where_it_listens() -> None:
    assert status(access(), scope("GET", host="evil.test", server="127.0.0.1")) == 403
    assert status(access(), scope("GET", host="evil.test", server="::1")) == 403
    assert status(access(), scope("GET", host="evil.test", server="/run/api.sock")) is None


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("application/json; charset=utf-8", None),
        (None, None),
        ("Text/Plain;charset=UTF-8", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_bodies_that_any_page_can_send(kind: str | None, wanted: int | None) -> None:
    headers = [] if kind is None else [("content-type", kind)]
    assert status(access(), scope("POST", CANCEL, *headers)) == wanted
    assert status(access(), scope("GET", STATUS, *headers)) is None


def test_what_is_repeated_of_a_request_is_bounded() -> None:
    refusal = access(bound=LOOPBACK).refusal(scope("GET", host="x" * 10_000))
    assert len(refusal.detail) < 250
