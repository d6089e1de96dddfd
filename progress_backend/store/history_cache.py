"""Cache of the histories of task types, each as this process read it less than a second ago.

There may be very many tasks without a rate of their own, most of them of a few types.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from ..operations import records
from ..record import first_estimate, past_runs
from ..record.fields import Body
from ..record.past_runs import History
from .coalesced_reads import Joined
from .drivers import AsyncStore

#: Seconds for which a history is not read again.
FRESH_S: Final = 1.0
#: Task types that are cached.
MOST: Final = 1_024


class Histories:
    """The cached histories of one store; one instance per event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        #: By type: the history, and the monotonic time up to which it is fresh.
        self._known: dict[str, tuple[History, float]] = {}
        self._reads = Joined(self._read, MOST)

    async def of(self, task_type: str) -> History:
        """A type's history.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        known = self._known.get(task_type)
        if known is not None and known[1] > monotonic():
            return known[0]
        return await self._reads.get(task_type)

    async def estimated(self, record: Body) -> Body:
        """A checked record with a first estimate where its task has no rate of its own; raises as
        `of`."""
        task_type = first_estimate.type_of(record)
        if task_type is None:
            return record
        return first_estimate.estimated(record, await self.of(task_type))

    async def with_usual(self, record: Body) -> Body:
        """The record of an ended task with how long its type's runs take; raises as `of`."""
        if not first_estimate.has_usual(record):
            return record
        return first_estimate.with_usual(record, await self.of(record.task_type))

    async def _read(self, types: tuple[str, ...]) -> list[History]:
        runs = await asyncio.gather(*(self._store.execute(records.runs_of(one)) for one in types))
        found = [*map(past_runs.history, runs)]
        if len(self._known) >= MOST:
            self._known.clear()
        until = monotonic() + FRESH_S
        self._known |= {one: (history, until) for one, history in zip(types, found, strict=True)}
        return found
