"""Places of waiting tasks in their type's queue, each as this process read it a moment ago; those
that are asked for while a read is in progress go to Redis as one request."""

from __future__ import annotations

from time import monotonic
from typing import Final, NamedTuple

from ..operations import lists
from ..record import waiting
from ..record.fields import Body
from ..record.past_runs import History
from ..record.waiting import Waiting
from .coalesced_reads import Joined
from .drivers import AsyncStore
from .history_cache import Histories

#: Seconds for which a place is not read again: at least, more for each task before it, at most.
FRESH_S: Final = 1.0
_FRESH_S_EACH: Final = 0.01
_FRESHEST_S: Final = 10.0
#: Tasks whose records are cached with their place, and the bytes of these in all.
MOST: Final = 4_096
MOST_BYTES: Final = 16 * 1024 * 1024
#: Bytes of a record beside its values, about.
_BESIDE: Final = 2_000
#: Places that are read in one request: the server counts for less than a millisecond.
_AT_ONCE: Final = 64


class _Place(NamedTuple):
    """How many tasks of its type waited before a task, None if it does not wait any more; and what
    past runs said at that time: as one of them ends, both change."""

    ahead: int | None
    history: History
    #: The monotonic time up to which the place is not read again.
    until: float


class QueuePlaces:
    """The cached places of one store's waiting tasks; one instance per event loop."""

    def __init__(self, store: AsyncStore, histories: Histories) -> None:
        self._store = store
        self._histories = histories
        #: By task id: what is stored, the record that was made of that, and until when it is fresh.
        self._known: dict[str, tuple[bytes, Body, float]] = {}
        self._bytes = 0
        self._reads = Joined(self._read, _AT_ONCE)

    def known(self, task_id: str, stored: bytes) -> Body | None:
        """What was made a moment ago of a task's stored document, with its place."""
        found = self._known.get(task_id)
        if found is None or found[0] != stored or found[2] <= monotonic():
            return None
        return found[1]

    def kept(self, stored: bytes, record: Body) -> Body:
        """The record of a task that has begun, as it was read of what is stored: until that changes
        it is made anew each second, not for each reader."""
        return self._keep(stored, record, monotonic() + FRESH_S)

    async def placed(self, stored: bytes, record: Body) -> Body:
        """The record of a task that has not begun, as it was read of what is stored, with its place
        and the range of its start, if the task waits.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        if (task := waiting.waiting(record, stored)) is None:
            return self._keep(stored, record, monotonic() + FRESH_S)
        ahead, history, until = await self._reads.get(task)
        if ahead is not None:
            waiting.placed(record, ahead, history)
        return self._keep(stored, record, until)

    def _keep(self, stored: bytes, record: Body, until: float) -> Body:
        self._drop(record.task_id)
        size = _size(stored)
        while self._known and (len(self._known) >= MOST or self._bytes + size > MOST_BYTES):
            self._drop(next(iter(self._known)))
        self._known[record.task_id] = stored, record, until
        self._bytes += size
        return record

    def _drop(self, task_id: str) -> None:
        if (known := self._known.pop(task_id, None)) is not None:
            self._bytes -= _size(known[0])

    async def _read(self, tasks: tuple[Waiting, ...]) -> list[_Place]:
        counts = await self._store.execute(lists.before(tasks))
        types = {task.task_type for task in tasks}
        histories = {name: await self._histories.of(name) for name in types}
        now, places = monotonic(), list[_Place]()
        for task, ahead in zip(tasks, counts, strict=True):
            fresh_s = min(FRESH_S + _FRESH_S_EACH * (ahead or 0), _FRESHEST_S)
            places.append(_Place(ahead, histories[task.task_type], now + fresh_s))
        return places


def _size(stored: bytes) -> int:
    return 2 * len(stored) + _BESIDE
