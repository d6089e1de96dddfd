"""Places of waiting tasks in their type's queue, each as this process read it a moment ago; those
that are asked for while a read is in progress go to Redis as one request."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final, NamedTuple

from ..flows.commands import Before
from ..record.past_runs import History
from ..record.waiting import Waiting
from .drivers import AsyncStore
from .history_cache import Histories

#: Seconds for which a place is not read again: at least, more for each task before it, at most.
FRESH_S: Final = 1.0
_FRESH_S_EACH: Final = 0.01
_FRESHEST_S: Final = 10.0
#: Places that are cached.
MOST: Final = 4_096
#: Places that are read in one request: the server counts for less than a millisecond.
_AT_ONCE: Final = 64


class Place(NamedTuple):
    """How many tasks of its type waited before a task, and what past runs said at that time: as one
    of them ends, both change."""

    ahead: int
    history: History


class QueuePlaces:
    """The cached places of one store's waiting tasks; one instance per event loop."""

    def __init__(self, store: AsyncStore, histories: Histories) -> None:
        self._store = store
        self._histories = histories
        #: By task: its place, and the monotonic time up to which that is fresh.
        self._known: dict[Waiting, tuple[Place | None, float]] = {}
        self._asked: dict[Waiting, asyncio.Future[Place | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def of(self, task: Waiting) -> Place | None:
        """A task's place; None for a task that does not wait any more.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        known = self._known.get(task)
        if known is not None and known[1] > monotonic():
            return known[0]
        asked = self._asked.get(task)
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = self._asked[task] = loop.create_future()
            if self._reading is None:
                self._reading = loop.create_task(self._read())
        # A cancelled caller must not cancel the read that others wait for.
        return await asyncio.shield(asked)

    async def _read(self) -> None:
        try:
            while self._asked:
                # One turn of the loop, so that requests that arrived together share this read.
                await asyncio.sleep(0)
                await self._answer(tuple(self._asked)[:_AT_ONCE])
        finally:
            self._reading = None

    async def _answer(self, tasks: tuple[Waiting, ...]) -> None:
        try:
            counts: list[int | None] = await self._store.execute(Before(tasks))
            types = {task.task_type for task in tasks}
            histories = {name: await self._histories.of(name) for name in types}
        except Exception as error:  # raised from the callers' awaits
            # The reads that wait would wait for the same store: they fail now too.
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_exception(error)
                    asked.exception()  # a caller may have gone
            self._asked.clear()
            return
        if len(self._known) + len(tasks) > MOST:
            self._known.clear()
        now = monotonic()
        for task, ahead in zip(tasks, counts, strict=True):
            place = None if ahead is None else Place(ahead, histories[task.task_type])
            fresh_s = min(FRESH_S + _FRESH_S_EACH * (ahead or 0), _FRESHEST_S)
            self._known[task] = place, now + fresh_s
            asked = self._asked.pop(task)
            if not asked.done():
                asked.set_result(place)
