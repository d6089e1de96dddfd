"""Bounds of an HTTP connection: of a head, of the time that it takes, and of the log; HTTP/1.0."""

import asyncio
import contextlib
from typing import Any, cast

import httpx
import pytest

from progress_backend.credentials import tokens
from progress_backend.store.outage_log import OneAMinute
from progress_backend.web.server import http_connection
from progress_backend.web.server.http_connection import MAX_HEAD, MOST_PIECES, HttpConnection
from tests.records import Records
from tests.waiting import aeventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

HOST = b"Host: localhost\r\n"
GET = b"GET /internal/health/live HTTP/1.1\r\n" + HOST


@pytest.fixture(autouse=True)
def not_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test catches the first line."""
    monkeypatch.setattr(http_connection, "_warnings", OneAMinute())


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "HALF_S", 0.5)


async def asked(api: RunningApi, *parts: bytes, end: bool = False) -> bytes:
    """All that is answered until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    # Read from the start: a client that is refused, and sends for a second more, is cut off.
    answer = asyncio.create_task(reader.read())
    try:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
            if end:
                writer.write_eof()
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(answer, 60)
    finally:
        writer.close()
    return b""


def header(size: int) -> bytes:
    return b"X-Large: " + b"x" * size + b"\r\n"


CLOSE = b"Connection: close\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([GET, CLOSE, header(MAX_HEAD - 1_000), b"\r\n"], 200),
        ([GET, CLOSE, header(MAX_HEAD), b"\r\n"], 431),
        ([GET + CLOSE + header(MAX_HEAD) + b"\r\n"], 431),
        ([GET, *[header(1_000)] * 70, CLOSE, b"\r\n"], 431),
        ([GET, *[b"x: y\r\n"] * 20_000], 431),
        ([GET, CLOSE, b"xx: y\r\n" * 250, b"\r\n"], 200),
        ([GET, CLOSE, b"xx: y\r\n" * 256], 431),
        ([b"GET /" + b"x" * MAX_HEAD], 431),
        ([b"x" * 200_000], 400),
    ],
    ids=["allowed", "one", "in one go", "many", "endless", "few", "short", "path", "garbage"],
)
async def test_a_head_of_any_length(api: RunningApi, parts: list[bytes], status: int) -> None:
    answer = await asked(api, *parts)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:100]
    assert b"x-content-type-options: nosniff\r\n" in answer


async def test_few_requests_wait_for_the_answer_to_another(
    api: RunningApi, caplog: pytest.LogCaptureFixture
) -> None:
    few = await asked(api, (GET + b"\r\n") * 60 + GET + CLOSE + b"\r\n")
    assert few.count(b"HTTP/1.1 200 ") == 61
    assert not caplog.records
    many = await asked(api, (GET + b"\r\n") * 200)
    assert many.count(b"HTTP/1.1 200 ") <= 1
    assert "too many requests at once" in caplog.text


async def test_a_body_is_no_head(api: RunningApi) -> None:
    body = b'{"task_type": "t", "total_items": 1, "metadata": {"a": "%s"}}' % (b"x" * 100_000)
    head = b"POST /internal/create-task HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n" % len(body)
    twice = head + b"\r\n" + body + head + CLOSE + b"\r\n" + body
    answer = await asked(api, twice)
    assert answer.count(b"HTTP/1.1 201 ") == 2, answer


async def test_each_head_of_a_connection_counts_for_itself(api: RunningApi) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    for _ in range(4):
        # In two parts, so that it is looked at before it has ended.
        writer.write(GET + header(MAX_HEAD // 2))
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split()[0]))
    writer.close()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("half", "status"),
    [
        (b"", None),
        (b"GET /internal", 408),
        (GET, 408),
        (b"POST /internal/create-task HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{", 408),
        (GET + b"\r\n" + b"GET /int", 408),
    ],
    ids=["nothing", "line", "headers", "body", "the next one"],
)
async def test_half_a_request_is_not_waited_for(
    start_api: StartApi, redis_url: str, half: bytes, status: int | None
) -> None:
    api = start_api(redis_url=redis_url)
    answer = await asked(api, half)
    if status is None:
        assert answer == b""
    else:
        assert b"HTTP/1.1 %d " % status in answer
    await aeventually(lambda: api.connections() == 0)


async def test_a_slow_answer_is_no_half_request(
    start_api: StartApi, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "HALF_S", 0.5)
    Records(redis_url).start("job")
    api = start_api(redis_url=redis_url)
    path = f"http://127.0.0.1:{api.port}/internal/task/job/events"
    async with (
        httpx.AsyncClient(timeout=60, trust_env=False) as client,
        client.stream("GET", path) as stream,
    ):
        lines = stream.aiter_lines()
        while '"job"' not in await anext(lines):
            pass
        await asyncio.sleep(1.1)  # two looks
        await asyncio.to_thread(Records(redis_url).progress, "job", 5)
        while '"current":5' not in await anext(lines):
            pass
    async with api.watch("job") as socket:
        await socket.recv()
        await asyncio.sleep(1.1)
        await (await socket.ping())


async def test_wrong_requests_write_a_line_a_minute(
    api: RunningApi, caplog: pytest.LogCaptureFixture
) -> None:
    for wrong in (b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00") * 20:
        await asked(api, wrong, end=True)
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    await asked(api, GET + upgrade, end=True)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= 30]
    assert len(lines) == 1, lines
    assert lines[0].startswith("an HTTP client sent an invalid request: ")


async def test_a_client_that_leaves_within_its_body_writes_no_line(
    own_api: RunningApi, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /internal/create-task HTTP/1.1\r\n" + HOST
    head += b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", own_api.port)
    writer.write(head + b"{")
    await aeventually(lambda: own_api.tasks() == 1)
    writer.close()
    await aeventually(lambda: own_api.tasks() == 0)
    lines = [record for record in caplog.records if record.name.startswith("uvicorn")]
    assert [line.getMessage() for line in lines if line.levelno >= 30] == []


async def test_http_1_0_gets_answers_with_their_length(api: RunningApi) -> None:
    answer = await asked(api, b"GET /internal/health/live HTTP/1.0\r\n" + HOST + b"\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head
    # As a client of that age asks, without a Host.
    assert (await asked(api, b"GET /internal/tasks HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_a_socket_may_be_asked_for_in_http_1_0(
    api: RunningApi, caplog: pytest.LogCaptureFixture
) -> None:
    """There is no answer with chunks that could be left out."""
    asks = UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(asks)
    assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"HTTP/1.1 101 ")
    writer.close()
    assert caplog.records == []


CHUNKED = b"POST /internal/create-task HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED += b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
BODY = b'{"task_type": "t", "total_items": 1}'
WHOLE = b"%x\r\n%s\r\n" % (len(BODY), BODY)
UPGRADE = b"GET /internal/ws/tasks HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n"
UPGRADE += b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE += b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([WHOLE, b"0\r\n", b"A: b\r\n" * 100, b"\r\n"], 201),
        ([b"1\r\n%c\r\n" % byte for byte in BODY] + [b"0\r\n\r\n"], 201),
        ([WHOLE, b"0\r\n", *[b"A: b\r\n" * 100] * 200], 431),
        ([WHOLE, b"0\r\nA: ", *[b"b" * 1_000] * 100], 431),
        ([WHOLE, b"0\r\n", *[b"A" * 1_000] * 100], 431),
        ([b"1;", *[b"a=b;" * 250] * 100], 431),
        ([b"1;%s\r\n%c\r\n" % (b"a" * 5_000, byte) for byte in BODY], 431),
        ([b"1\r\n \r\n" * (MOST_PIECES - len(BODY)), WHOLE, b"0\r\n\r\n"], 201),
        ([b"1\r\n \r\n" * 1_000] * (MOST_PIECES // 1_000 + 1), 400),
    ],
    ids=[
        *("a few", "small chunks", "many", "value", "name", "extension", "extensions"),
        *("most chunks", "more chunks"),
    ],
)
async def test_what_a_chunked_body_has_besides_counts_as_the_head_does(
    api: RunningApi, parts: list[bytes], status: int
) -> None:
    answer = await asked(api, CHUNKED, *parts)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:100]


async def test_what_follows_an_answer_counts_too(api: RunningApi) -> None:
    """The answer is not followed by another one."""
    head = GET + b"Transfer-Encoding: chunked\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(head)
    assert (await asyncio.wait_for(reader.readline(), 60)).startswith(b"HTTP/1.1 200 ")
    writer.write(b"0\r\n" + b"A: b\r\n" * 30_000)
    assert b"HTTP/1.1" not in await asyncio.wait_for(reader.read(), 60)
    writer.close()


async def test_a_websocket_has_no_body(api: RunningApi) -> None:
    """It would have no bound, and its trailers would be the handshake's headers."""
    trailers = b"0\r\nAuthorization: Bearer x\r\n\r\n"
    for more in (b"Transfer-Encoding: chunked\r\n\r\n" + trailers, b"Content-Length: 9\r\n\r\n"):
        answer = await asked(api, UPGRADE + more)
        assert answer.startswith(b"HTTP/1.1 400 "), more
        assert answer.endswith(b"Bad Request: the handshake of a WebSocket is a GET without a body")


async def test_a_trailer_is_no_header(start_api: StartApi, redis_url: str) -> None:
    text, token = tokens.new("deploy", "write")
    api = start_api(redis_url=redis_url, tokens=(token.line(),))
    trailer = b"Authorization: Bearer %s\r\n" % text.encode()
    with_it = CHUNKED[:-2] + trailer + b"\r\n"
    assert (await asked(api, with_it + WHOLE + b"0\r\n\r\n")).startswith(b"HTTP/1.1 201 ")
    sent = CHUNKED + WHOLE + b"0\r\n" + trailer + b"\r\n"
    assert (await asked(api, sent)).startswith(b"HTTP/1.1 401 ")


class Written:
    """A transport that notes what is written to it."""

    def __init__(self, transport: Any, writes: list[bytes]) -> None:
        self._transport, self._writes = transport, writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._writes.append(data)
        self._transport.write(data)


def test_head_and_body_of_an_answer_are_one_write(
    api: RunningApi, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Records(redis_url).run("job")
    writes: list[bytes] = []
    begin = HttpConnection.connection_made

    def made(connection: HttpConnection, transport: asyncio.BaseTransport) -> None:
        begin(connection, cast(asyncio.BaseTransport, Written(transport, writes)))
        connection.access_log = False  # as in `serve`; pytest takes each logger's lines

    monkeypatch.setattr(HttpConnection, "connection_made", made)
    with httpx.Client(base_url=api.http.base_url) as client:
        read = client.get("/internal/task/job/status")
        unchanged = client.get("/internal/task/job/status", headers={"If-None-Match": "*"})
        head = client.head("/internal/task/job/status")
        missing = client.get("/internal/task/none/status")
    assert (read.status_code, unchanged.status_code, head.status_code) == (200, 304, 200)
    assert head.headers["content-length"] == str(len(read.content))
    assert head.headers.keys() == read.headers.keys()
    assert "content-length" not in unchanged.headers
    for answer in (read, missing):
        its = [written for written in writes if written.endswith(answer.content)]
        assert len(its) == 1
        assert its[0].startswith(b"HTTP/1.1 %d " % answer.status_code)
