"""Updates that are written at a steady pace, and people who watch them by WebSockets."""

import asyncio
import json
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Self

import websockets

from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.async_store import AsyncStore

#: Tasks that are updated in turn, and the sockets that watch each.
TASKS = 50
SOCKETS = 2


class Watched:
    """The tasks of a store, and the sockets at an API that watch them."""

    def __init__(self, url: str, port: int, token: str) -> None:
        self._store = AsyncStore(Settings(redis_url=url))
        self._url = f"ws://127.0.0.1:{port}/internal/ws/task/task-"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._sent: dict[tuple[int, int], float] = {}
        self._number = 0
        self._writing = [asyncio.Lock() for _ in range(TASKS)]
        self.delays: list[float] = []

    async def __aenter__(self) -> Self:
        await self._store.ready()
        identity = ev.Identity(task_type="watched", total_items=10**9)
        for number in range(TASKS):
            begun = ev.Started(identity=identity, worker=Worker("lease", "celery@abuse"))
            await self._apply(number, begun)
        self._stack = AsyncExitStack()
        self._listening = []
        for number in [number for number in range(TASKS) for _ in range(SOCKETS)]:
            connecting = websockets.connect(
                f"{self._url}{number}", proxy=None, additional_headers=self._headers
            )
            one = await self._stack.enter_async_context(connecting)
            self._listening.append(asyncio.create_task(self._listen(number, one)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for listening in self._listening:
            listening.cancel()
        await asyncio.wait(self._listening)
        await self._stack.aclose()
        await self._store.close()

    async def updated(self, seconds: float, rate: float) -> list[float]:
        """Writes `rate` updates a second; returns each watcher's time from the write on, in
        seconds, once all have received the last one."""
        self.delays, loop = [], asyncio.get_running_loop()
        began, count = loop.time(), int(seconds * rate)
        writing = set[asyncio.Task[None]]()
        for turn in range(count):
            await asyncio.sleep(max(0.0, began + turn / rate - loop.time()))
            self._number += 1
            task = asyncio.create_task(self._write(self._number % TASKS, self._number))
            writing.add(task)
            task.add_done_callback(writing.discard)
        await asyncio.gather(*writing)
        async with asyncio.timeout(10):
            while len(self.delays) < count * SOCKETS * 0.99:
                await asyncio.sleep(0.05)
        return self.delays

    async def _write(self, number: int, value: int) -> None:
        self._sent[number, value] = perf_counter()
        await self._apply(number, ev.Progressed(current=value))

    async def _apply(self, number: int, event: ev.Event) -> None:
        # One write of a task at a time, as its worker writes: on a busy machine they would overtake
        # each other.
        async with self._writing[number]:
            flow = self._store.flows.apply(f"task-{number}", (event,), self._store.now())
            await self._store.run(flow)

    async def _listen(self, number: int, one: websockets.ClientConnection) -> None:
        async for message in one:
            at = perf_counter()
            value = json.loads(message)["progress"]["current"]
            if (sent := self._sent.get((number, value))) is not None:
                self.delays.append(at - sent)
        raise AssertionError(f"a watcher's socket was closed: {one.close_code}")
