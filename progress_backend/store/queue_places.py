"""Places of waiting tasks in their type's queue, each as this process read it a moment ago; those
that are asked for while a read is in progress go to Redis as one request."""

from __future__ import annotations

from time import monotonic
from typing import Final

from ..operations import lists
from ..record import waiting
from ..record.fields import Body
from ..record.past_runs import History
from ..record.waiting import Waiting
from .coalesced_reads import Joined
from .drivers import AsyncStore
from .history_cache import Histories

#: Seconds for which a place is not read again.
FRESH_S: Final = 1.0
#: Tasks whose records are cached with their place; and the longest document of these, in bytes: all
#: take 20 MiB at most.
MOST: Final = 2_048
LONGEST: Final = 4_096
#: Places that are read in one request: the server counts for less than a millisecond.
_AT_ONCE: Final = 64


class QueuePlaces:
    """The cached places of one store's waiting tasks; one instance per event loop."""

    def __init__(self, store: AsyncStore, histories: Histories) -> None:
        self._store = store
        self._histories = histories
        #: By task id: what is stored, the record that was made of that, and until when it is fresh.
        self._known: dict[str, tuple[bytes, Body, float]] = {}
        self._reads = Joined(self._read, _AT_ONCE)

    def known(self, task_id: str, stored: bytes) -> Body | None:
        """What was made a moment ago of a task's stored document, with its place."""
        found = self._known.get(task_id)
        if found is None or found[0] != stored or found[2] <= monotonic():
            return None
        return found[1]

    def kept(self, stored: bytes, record: Body) -> Body:
        """The record of a task, as it was made of what is stored: until that changes it is made
        anew each second, not for each reader."""
        self._known.pop(record.task_id, None)
        if len(stored) <= LONGEST:
            if len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            self._known[record.task_id] = stored, record, monotonic() + FRESH_S
        return record

    async def placed(self, stored: bytes, record: Body) -> Body:
        """The record of a task that has not begun, as it was read of what is stored, with its place
        and the range of its start, if the task waits.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        if (task := waiting.waiting(record, stored)) is not None:
            ahead, history = await self._reads.get(task)
            if ahead is not None:
                waiting.placed(record, ahead, history)
        return self.kept(stored, record)

    async def _read(self, tasks: tuple[Waiting, ...]) -> list[tuple[int | None, History]]:
        """How many tasks of its type waited before each, None if it does not wait any more; and
        what past runs said at that time: as one of them ends, both change."""
        counts = await self._store.execute(lists.before(tasks))
        types = {task.task_type for task in tasks}
        histories = {name: await self._histories.of(name) for name in types}
        pairs = zip(tasks, counts, strict=True)
        return [(ahead, histories[task.task_type]) for task, ahead in pairs]
