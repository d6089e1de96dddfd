"""One POST to a receiver: what is signed, what counts as delivered, and where none goes."""

import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from progress_backend.webhooks import connection
from progress_backend.webhooks.connection import refuse_private
from progress_backend.webhooks.post import post
from tests.stopwatch import Stopwatch
from tests.waiting import PATIENCE_S
from tests.webhooks.targets import OTHER, SECRET, receiving, target

BODY = '{"id":"t~1~2~completed","type":"progress.task.completed","data":{"text":"é ✓"}}'.encode()
ID = "t~1~2~completed"


def test_a_receiver_verifies_what_it_gets() -> None:
    with receiving() as receiver:
        answer = post(target(receiver.url), ID, BODY)
    assert (answer.status, answer.error, answer.delivered) == (204, None, True)
    assert receiver.faults == []
    assert receiver.events[0]["data"] == {"text": "é ✓"}


def test_while_secrets_are_rotated_both_verify() -> None:
    for secret in (SECRET, OTHER):
        with receiving(secret=secret) as receiver:
            assert post(target(receiver.url, secret=[SECRET, OTHER]), ID, BODY).delivered
        assert receiver.faults == []


@pytest.mark.parametrize(
    ("status", "delivered"), [(200, True), (299, True), (410, False), (500, False)]
)
def test_2xx_alone_is_delivered(status: int, delivered: bool) -> None:
    with receiving(lambda _: status) as receiver:
        answer = post(target(receiver.url), ID, BODY)
    assert (answer.delivered, str(answer)) == (delivered, f"HTTP {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiving() as elsewhere:

        def redirect(request: BaseHTTPRequestHandler) -> int:
            request.send_response(status)
            request.send_header("Location", elsewhere.url)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return 0

        with receiving(redirect) as receiver:
            answer = post(target(receiver.url), ID, BODY)
    assert (answer.status, answer.delivered) == (status, False)
    assert elsewhere.events == []


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiving() as receiver:
        assert post(target(receiver.url), ID, BODY).delivered


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0", "0x7f.1"],
)
def test_a_private_address_gets_nothing_unless_it_is_allowed(host: str) -> None:
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", host)
        answer = post(target(url, allow_private=False), ID, BODY)
        assert "allow_private" in (answer.error or "")
        assert receiver.events == receiver.faults == []
        assert post(target(receiver.url, allow_private=True), ID, BODY).delivered


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.9.9.9"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1%eth0"),
        *("fc00::1", "ff02::1", "::ffff:10.1.2.3", "::ffff:a9fe:a9fe", "::127.0.0.1"),
        *("64:ff9b::10.1.2.3", "2002:7f00:1::", "2002:a01:203::1", "fec0::1", "feff::1"),
        *("::ffff:0:10.1.2.3", "::ffff:0:1.1.1.1", "::1.1.1.1", "64:ff9b:1::10.1.2.3", "100::1"),
        *("192.88.99.1", "192.0.0.8", "168.63.129.16", "64:ff9b::168.63.129.16", "3fff::1"),
        *("2606:4700::5efe:10.1.2.3", "2606:4700::200:5efe:127.0.0.1", "2001:db8::1", "5f00::1"),
    ],
)
def test_an_address_that_is_none_of_the_internet_is_refused(address: str) -> None:
    with pytest.raises(PermissionError, match="allow_private"):
        refuse_private(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"]
)
def test_an_address_of_the_internet_is_not(address: str) -> None:
    refuse_private(address)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names are resolved to these addresses, one list after another; the names that were asked."""
    asked: list[str] = []
    real, left = socket.getaddrinfo, list(answers)

    def resolve(host: str, port: int, *args: Any, **options: Any) -> Any:
        if not host.endswith(".example.com"):
            return real(host, port, *args, **options)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in left.pop(0)]

    monkeypatch.setattr(connection.socket, "getaddrinfo", resolve)
    return asked


def test_a_name_is_resolved_once_and_the_checked_address_gets_the_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as receiver:
        asked = resolving(monkeypatch, ["127.0.0.1"])
        url = receiver.url.replace("127.0.0.1", "rebinds.example.com")
        assert post(target(url), ID, BODY).delivered
    assert asked == ["rebinds.example.com"]


def test_a_resolver_that_hangs_is_left_within_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more threads wait for it than a bound; another name is not affected."""
    held, real, hanging = threading.Event(), socket.getaddrinfo, list[str]()

    def resolve(host: str, *args: Any, **options: Any) -> Any:
        if host == "hangs.example.com":
            hanging.append(host)
            held.wait(PATIENCE_S)
        return real("127.0.0.1", *args, **options)

    monkeypatch.setattr(connection.socket, "getaddrinfo", resolve)
    try:
        with receiving() as receiver:
            for _ in range(connection._RESOLVERS + 2):
                with Stopwatch() as watch:
                    url = receiver.url.replace("127.0.0.1", "hangs.example.com")
                    found = post(target(url), ID, BODY, timeout_s=0.2)
                assert watch.seconds < 2
                assert "Timeout" in (found.error or "")
            assert len(hanging) == connection._RESOLVERS
            url = receiver.url.replace("127.0.0.1", "works.example.com")
            assert post(target(url), ID, BODY).delivered
    finally:
        held.set()


def test_a_name_with_one_private_address_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        resolving(monkeypatch, ["1.1.1.1", "127.0.0.1"])
        url = receiver.url.replace("127.0.0.1", "both.example.com")
        answer = post(target(url, allow_private=False), ID, BODY)
    assert "127.0.0.1 is not a public address" in (answer.error or "")
    assert receiver.events == []


def silent(request: BaseHTTPRequestHandler) -> int:
    time.sleep(3)
    return 200


def dripping(request: BaseHTTPRequestHandler) -> int:
    """A response with a head that never ends."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(60):
        request.wfile.write(b"x")
        time.sleep(0.05)
    return 0


@pytest.mark.parametrize("answer", [silent, dripping])
def test_a_slow_receiver_is_left_within_the_time(
    answer: Callable[[BaseHTTPRequestHandler], int],
) -> None:
    with receiving(answer) as receiver:
        with Stopwatch() as watch:
            found = post(target(receiver.url), ID, BODY, timeout_s=0.5)
        assert watch.seconds < 2
    assert found.status is None
    assert "Timeout" in (found.error or "")


def endless_body(request: BaseHTTPRequestHandler) -> int:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        request.wfile.write(b"x" * 65_536)


def endless_head(request: BaseHTTPRequestHandler) -> int:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.wfile.write(b"X: " + b"x" * 65_536 + b"\r\n")


def nonsense(request: BaseHTTPRequestHandler) -> int:
    request.wfile.write(b"SSH-2.0-x\r\n\r\n")
    request.close_connection = True
    return 0


def closing(request: BaseHTTPRequestHandler) -> int:
    request.close_connection = True
    return 0


def test_of_an_endless_answer_no_more_than_its_head_is_read() -> None:
    with receiving(endless_body) as receiver:
        assert post(target(receiver.url), ID, BODY).delivered


@pytest.mark.parametrize("answer", [endless_head, nonsense, closing])
def test_a_response_that_is_no_http_is_an_error(
    answer: Callable[[BaseHTTPRequestHandler], int],
) -> None:
    with receiving(answer) as receiver:
        found = post(target(receiver.url), ID, BODY)
    assert (found.status, found.delivered) == (None, False)
    assert found.error


def test_an_unused_port_and_an_unknown_name_are_errors() -> None:
    for place in ("127.0.0.1:1", "nobody.invalid", "a" * 70 + ".invalid"):
        assert post(target(f"http://{place}/"), ID, BODY).error


def test_an_error_of_a_library_is_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("of a library")

    monkeypatch.setattr(connection.httpcore, "ConnectionPool", fails)
    assert post(target("http://127.0.0.1:9/"), ID, BODY).error == "ValueError: of a library"
