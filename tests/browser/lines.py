"""A line between a browser and the API that a test may hurt."""

import asyncio
import contextlib
import threading
from typing import Self


class Line:
    """A TCP proxy in a thread of its own, as a slow network or a silent middlebox."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0
        #: Connections that were given up: nothing comes through, and neither end is closed.
        self._dead: set[object] = set()
        self._open: set[object] = set()
        self._silent = False

    def __enter__(self) -> Self:
        self._thread.start()
        start = asyncio.start_server(self._passed, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(60)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def fall_silent(self) -> None:
        """From now on all that is sent is dropped, over new connections as well."""
        self._silent = True
        self._dead |= self._open

    def pass_again(self) -> None:
        """New connections pass; those that were open stay dead."""
        self._silent = False

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = object()
        self._open.add(me)
        if self._silent:
            self._dead.add(me)
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(me, reader, to_writer))
                group.create_task(self._pass(me, to_reader, writer))
        except* (ConnectionError, _Over):
            pass
        finally:
            self._open.discard(me)
            self._dead.discard(me)
            writer.close()
            to_writer.close()

    async def _pass(
        self, me: object, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(65_536):
            if me not in self._dead:
                with contextlib.suppress(ConnectionError, RuntimeError):
                    writer.write(data)
        raise _Over


class _Over(Exception):
    """One side has closed."""
