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
        self._asked: dict[str, asyncio.Task[History]] = {}

    async def of(self, task_type: str) -> History:
        """A type's history.

        Raises:
            StoreUnavailable: Redis does not answer or refuses.
        """
        known = self._known.get(task_type)
        if known is not None and known[1] > monotonic():
            return known[0]
        asked = self._asked.get(task_type)
        if asked is None:
            asked = self._asked[task_type] = asyncio.create_task(self._ask(task_type))
        # A cancelled caller must not cancel the read that others wait for.
        return await asyncio.shield(asked)

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

    async def _ask(self, task_type: str) -> History:
        try:
            found = past_runs.history(await self._store.execute(records.runs_of(task_type)))
        finally:
            del self._asked[task_type]
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[task_type] = found, monotonic() + FRESH_S
        return found
