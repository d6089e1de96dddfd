"""Single tasks as readers get them. All that are asked for while a read is in progress are read as
one: their documents, past runs of their types, and the places of those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain, islice
from math import inf
from time import monotonic
from typing import Final, Generic, NamedTuple, TypeVar

from ..errors import ForeignValue, StoreUnavailable
from ..flows import shown_record
from ..operations import records
from ..record import reader_view
from ..record.fields import Body
from ..record.past_runs import History
from ..record.shown import is_whole
from .async_store import AsyncStore

#: Seconds for which what a document does not say is not read again: past runs and places.
FRESH_S: Final = 1.0
#: Records that are kept; and the longest document of these, in bytes: all take 20 MiB at most.
MOST: Final = 2_048
LONGEST: Final = 4_096
#: Task types with kept past runs.
MOST_TYPES: Final = 1_024
#: Records that are read in one request; each may have 256 KiB.
AT_ONCE: Final = 64
#: Reads that may wait; a further one gets a 503.
MOST_WAITING: Final = 10_000


class Shown(NamedTuple):
    """A task's record, which no caller may change, and the document from which it was parsed."""

    document: bytes
    record: Body


class ShownTasks:
    """The tasks of one store; one instance per event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        #: By task id, each until when.
        self._known: dict[str, tuple[Shown, float]] = {}
        #: By type, what its past runs say; and until when.
        self._past: dict[str, History] = {}
        self._past_until = 0.0
        self._reads = Joined(self._read, AT_ONCE)

    async def of(self, task_id: str) -> Shown | None:
        """A task's record; None if there is none. It is checked, with an
        estimate by past runs where the task has no rate of its own, with the place of one that
        waits, and final where no message can take its end back.

        Raises:
            ForeignValue: the value is no record of this task.
            StoreUnavailable: Redis does not answer or refuses, or too many reads wait.
        """
        found = await self._reads.get(task_id)
        if isinstance(found, ForeignValue):
            raise found
        return found

    async def _read(self, task_ids: Sequence[str]) -> list[Shown | ForeignValue | None]:
        store = self._store
        await store.ready()
        documents = await store.execute(records.read(task_ids))
        now, made = monotonic(), list[Shown]()

        def shown(task_id: str, document: bytes | None) -> Shown | ForeignValue | None:
            if document is None:
                return None
            known = self._known.get(task_id)
            if known is not None and known[0].document == document and known[1] > now:
                return known[0]
            try:
                new = Shown(document, reader_view.seen(document, task_id))
            except ForeignValue as error:
                return error
            if is_whole(new.record, document):
                self._keep(new, inf)
            else:
                made.append(new)
            return new

        found = [*map(shown, task_ids, documents)]
        if made:
            if now >= self._past_until or len(self._past) >= MOST_TYPES:
                self._past, self._past_until = {}, now + FRESH_S
            await store.run(shown_record.complete(store.flows, made, store.now(), self._past))
            for new in made:
                if new.record.may_come_again_until is None:  # else it changes with time alone
                    self._keep(new, now + FRESH_S)
        return found

    def _keep(self, shown: Shown, until: float) -> None:
        if len(shown.document) <= LONGEST:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[shown.record.task_id] = shown, until


K = TypeVar("K")
T = TypeVar("T")


class Joined(Generic[K, T]):
    """Coalesced reads of one kind: those that arrive while one is in progress go to Redis as one
    request. One instance per event loop."""

    def __init__(self, read: Callable[[tuple[K, ...]], Awaitable[Sequence[T]]], most: int) -> None:
        """Takes what reads for several keys, `most` at once, and returns their values in order."""
        self._read = read
        self._most = most
        self._waiting: dict[K, list[asyncio.Future[T]]] = {}
        self._count = 0
        self._reading: asyncio.Task[None] | None = None

    def get(self, key: K) -> asyncio.Future[T]:
        """A key's value.

        Raises:
            StoreUnavailable: at the call, if too many reads wait.
            Exception: when awaited, what the read raises.
        """
        if self._count >= MOST_WAITING:
            raise StoreUnavailable("the progress store is too slow: too many reads wait for it")
        self._count += 1
        loop = asyncio.get_running_loop()
        found: asyncio.Future[T] = loop.create_future()
        if (waiting := self._waiting.get(key)) is None:
            self._waiting[key] = [found]
        else:
            waiting.append(found)
        if self._reading is None:
            self._reading = loop.create_task(self._read_all())
        return found

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                # One turn of the loop, so that requests that arrived with the last reply join this
                # read.
                await asyncio.sleep(0)
                keys = tuple(islice(self._waiting, self._most))
                batch = [self._waiting.pop(key) for key in keys]
                self._count -= sum(map(len, batch))
                await self._answer(keys, batch)
        finally:
            self._reading = None

    async def _answer(self, keys: tuple[K, ...], batch: list[list[asyncio.Future[T]]]) -> None:
        try:
            values = await self._read(keys)
        except Exception as error:  # raised from the callers' awaits
            # The reads that wait would wait for the same store: they fail now too.
            for waiting in chain(*batch, *self._waiting.values()):
                if not waiting.done():
                    waiting.set_exception(error)
            self._waiting.clear()
            self._count = 0
        else:
            for several, value in zip(batch, values, strict=True):
                for waiting in several:
                    if not waiting.done():
                        waiting.set_result(value)
