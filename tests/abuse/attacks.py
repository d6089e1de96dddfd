"""Attackers of a served API, as one process: `python -m tests.abuse.attacks PORT SECONDS RATE`.

Each attack is one coroutine that begins so many attempts a second. What came of them is printed as
JSON: attack -> answer -> count.
"""

import asyncio
import contextlib
import json
import os
import random
import secrets
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable

import uvloop

#: Seconds that an attacker waits for an answer.
PATIENCE_S = 10.0
#: Connections that each attack keeps open at once.
HELD = 64
TASK = "task-0"

Answers = dict[str, Counter[str]]
Attempt = Callable[[], Awaitable[str]]


class Attackers:
    """What clients with and without a token do to a port."""

    def __init__(self, port: int, token: str, share: str) -> None:
        self._port = port
        self._token = token
        self._share = share
        self._held: dict[str, deque[asyncio.StreamWriter]] = defaultdict(deque)

    def attacks(self) -> dict[str, Attempt]:
        return {
            "writes by one token": self._write,
            "records by one token": self._create,
            "long bodies by one token": self._long,
            "reads without a token": self._read,
            "guessed tokens": self._guess,
            "half requests": self._half,
            "no request at all": self._garbage,
            "wrong frames": self._frames,
            "sockets and nothing else": self._socket,
        }

    async def _write(self) -> str:
        body = {"status": "running", "current_items": 1}
        return await self._asked("PUT", "/internal/task/of-abuse/update", self._token, body)

    async def _create(self) -> str:
        body = {"task_type": "abuse", "total_items": 1}
        return await self._asked("POST", "/internal/create-task", self._token, body)

    async def _long(self) -> str:
        body = {"task_type": "abuse", "total_items": 1, "metadata": {"x": "y" * 100_000}}
        return await self._asked("POST", "/internal/create-task", self._token, body)

    async def _read(self) -> str:
        path = random.choice((f"/internal/task/{TASK}/status", "/internal/tasks", "/metrics"))
        return await self._asked("GET", path)

    async def _guess(self) -> str:
        guess = random.choice(("pb_", "pbs_", "")) + secrets.token_urlsafe(32)
        path = f"/internal/task/{TASK}/status"
        if random.random() < 0.5:
            return await self._asked("GET", f"{path}?token={guess}")
        return await self._asked("GET", path, guess)

    async def _half(self) -> str:
        head = f"PUT /internal/task/{TASK}/update HTTP/1.1\r\nHost: localhost\r\n"
        whole = random.random() < 0.5
        rest = (
            f"Authorization: Bearer {self._token}\r\nContent-Length: 90\r\n\r\n{{" if whole else ""
        )
        await self._hold("half", (head + rest).encode())
        return "left open"

    async def _garbage(self) -> str:
        reader, writer = await self._connected()
        writer.write(secrets.token_bytes(2_000))
        return await _status(reader, writer)

    async def _frames(self) -> str:
        reader, writer = await self._upgraded()
        wrong = random.choice(
            (
                secrets.token_bytes(200),
                b"\x81\x05hello",  # not masked
                b"\x81\xff" + (2**40).to_bytes(8) + b"mask",  # a terabyte
                b"\x01\x80mask" + b"\x00\x80mask" * 200,  # endless parts
                b"\x89\x80mask" * 500,  # pings
            )
        )
        writer.write(wrong)
        with contextlib.closing(writer):
            async with asyncio.timeout(PATIENCE_S):
                while await reader.read(65_536):
                    if b"\x89\x80mask" in wrong:
                        return "answered"
        return "closed"

    async def _socket(self) -> str:
        _, writer = await self._upgraded()
        self._keep("socket", writer)
        return "left open"

    async def _asked(self, method: str, path: str, token: str = "", body: object = None) -> str:
        reader, writer = await self._connected()
        sent = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"X-Forwarded-For: 203.0.113.{random.randrange(8)}",
            "Connection: close",
        ]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if sent:
            lines += ["Content-Type: application/json", f"Content-Length: {len(sent)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        return await _status(reader, writer)

    async def _upgraded(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self._connected()
        writer.write(
            f"GET /internal/ws/task/{TASK} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Version: 13\r\nAuthorization: Bearer {self._share}\r\n"
            f"X-Forwarded-For: 203.0.113.{random.randrange(8)}\r\n\r\n".encode()
        )
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def _hold(self, kind: str, sent: bytes) -> None:
        _, writer = await self._connected()
        writer.write(sent)
        self._keep(kind, writer)

    def _keep(self, kind: str, writer: asyncio.StreamWriter) -> None:
        held = self._held[kind]
        held.append(writer)
        if len(held) > HELD:
            held.popleft().transport.abort()


async def _status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    with contextlib.closing(writer):
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read()
    return answer[9:12].decode("latin-1") or "closed"


async def attack(port: int, seconds: float, rate: float, token: str, share: str) -> Answers:
    """Runs every attack side by side, each with `rate` attempts a second."""
    answers: Answers = defaultdict(Counter)
    every = Attackers(port, token, share).attacks()
    await asyncio.gather(
        *(_repeated(name, one, seconds, rate, answers) for name, one in every.items())
    )
    return answers


async def _repeated(
    name: str, attempt: Attempt, seconds: float, rate: float, answers: Answers
) -> None:
    loop, under_way = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    began = loop.time()

    async def one() -> None:
        try:
            answers[name][await attempt()] += 1
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            answers[name][type(error).__name__] += 1

    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
        if len(under_way) < HELD:
            task = asyncio.create_task(one())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        else:
            answers[name]["not begun, too many wait"] += 1
    await asyncio.gather(*under_way)


def main() -> None:
    os.nice(10)  # they have machines of their own
    port, seconds, rate = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    token, share = os.environ["ABUSE_TOKEN"], os.environ["ABUSE_SHARE"]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answers = runner.run(attack(port, seconds, rate, token, share))
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
