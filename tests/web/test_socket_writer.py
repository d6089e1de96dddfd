"""What waits for a socket with a slow client, and in which order it is sent."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from progress_backend.live.receivers import DeliveryCounts
from progress_backend.live.update import Update
from progress_backend.record.model import Task
from progress_backend.record.task_json import encode
from progress_backend.web.push.event_stream import EventWriter
from progress_backend.web.push.socket_writer import EXTENSION, SocketWriter
from progress_backend.web.push.websockets import MOST_CHARACTERS, AllTasks


def update(task_id: str, revision: int = 2, message: str = "") -> Update:
    task = Task(task_id, "fetch_data", 9, status="running", revision=revision)
    task = replace(task, created_at=datetime(2024, 1, 15, tzinfo=UTC), message=message)
    return Update.of(encode(task), 1)


class Connection:
    """A connection with a client that keeps up, or is behind."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self._room = asyncio.Event()
        self._changed: Callable[[], None] = lambda: None

    @property
    def writes(self) -> Callable[[bytes], None] | None:
        return self.sent.append if self._room.is_set() else None

    async def send(self, message: Any, /) -> None:
        self.sent.append(message.get("text", message))

    async def drained(self) -> None:
        await self._room.wait()

    def watch_room(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def keep(self, gone: Callable[[], None]) -> None:
        raise AssertionError(gone)

    def has_room(self, there: bool) -> None:
        (self._room.set if there else self._room.clear)()
        self._changed()


async def taken_from(writer: SocketWriter, connection: Connection) -> list[str]:
    """What the client gets of all that waits, in short."""
    connection.has_room(True)
    await writer.drained()
    taken, connection.sent[:] = list(connection.sent), []
    return [short(one) for one in taken]


def short(sent: Any) -> str:
    if isinstance(sent, dict):
        return f"{sent['code']} {sent['reason']}"
    if isinstance(sent, bytes):
        return f"at once {short(sent[sent.index(b'{') :].decode())}"
    message = json.loads(sent)
    known = "task_id" in message
    return f"{message['task_id']} {message['revision']}" if known else str(message["type"])


async def opened() -> tuple[SocketWriter, Connection, DeliveryCounts]:
    counts, connection = DeliveryCounts(), Connection()
    scope = {"extensions": {EXTENSION: {"connection": connection}}}
    websocket: Any = SimpleNamespace(scope=scope, accept=accepts)
    writer = SocketWriter(scope, counts)
    every = AllTasks(writer, reloads=False)
    every.put(update("before"))
    every.reload()  # its client has seen no list yet
    await writer.accept(websocket)
    return writer, connection, counts


async def accepts(subprotocol: str | None) -> None:
    assert subprotocol is None


async def test_one_that_is_behind_gets_the_newest_of_each_task_in_turn() -> None:
    writer, connection, counts = await opened()
    for revision in (1, 2, 3):
        writer.put(update("a", revision))
        writer.put(update("b", revision))
    assert await taken_from(writer, connection) == ["a 3", "b 3"]
    assert (counts.delivered, counts.dropped) == (2, 4)


async def test_an_update_is_written_at_once_only_while_nothing_waits() -> None:
    writer, connection, _ = await opened()
    connection.has_room(True)
    writer.put(update("a", 1))
    connection.has_room(False)
    writer.put(update("a", 2))
    connection.has_room(True)
    writer.put(update("a", 3))  # not past the one that waits: it takes its place
    assert await taken_from(writer, connection) == ["at once a 1", "a 3"]
    writer.put(update("a", 4))
    assert await taken_from(writer, connection) == ["at once a 4"]


async def test_a_socket_is_closed_behind_what_waits_and_gets_nothing_later() -> None:
    writer, connection, _ = await opened()
    writer.put(update("a"))
    writer.close(1000, "x" * 200)
    writer.close(1012, "later")
    writer.put(update("b"))
    assert await taken_from(writer, connection) == ["a 2", f"1000 {'x' * 123}"]
    writer.put(update("c"))
    assert await taken_from(writer, connection) == []


@pytest.mark.parametrize("size", [0, 5_000])
async def test_where_too_much_waits_the_client_reads_the_list_again(size: int) -> None:
    writer, connection, counts = await opened()
    every, many = AllTasks(writer, reloads=True), 1000
    for number in range(many):
        every.put(update(str(number), message="x" * size))
    taken = await taken_from(writer, connection)
    assert (taken[0], taken[-1]) == ("reload", f"{many - 1} 2")
    assert len(taken) < (50 if size else 600)
    assert counts.delivered == len(taken) - 1
    assert counts.delivered + counts.dropped == many


async def test_what_waits_is_bounded_by_its_size_and_one_large_message_passes() -> None:
    writer, connection, _ = await opened()
    every = AllTasks(writer, reloads=True)
    every.put(update("large", message="x" * (MOST_CHARACTERS + 1)))
    assert await taken_from(writer, connection) == ["large 2"]
    connection.has_room(False)
    for number in range(200):
        every.put(update(str(number), message="x" * 10_000))
        assert writer.characters < MOST_CHARACTERS + 11_000
    assert (await taken_from(writer, connection))[0] == "reload"
    assert writer.characters == 0


async def test_a_stream_ends_without_what_waits_when_its_token_expires() -> None:
    sent, counts = asyncio.Queue[Any](), DeliveryCounts()
    writer = EventWriter({}, counts, None, "en")
    writer.put(update("a"))
    writer.expire()
    writer.open(sent.put)
    assert await sent.get() == writer.end_message(4401, "")
    assert (counts.delivered, counts.dropped) == (0, 1)
