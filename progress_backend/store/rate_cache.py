"""The rates that types of tasks last had, as this process has read them a moment ago.

Very many waiting tasks are asked for at once, and most of them are of a few types.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from ..flows.commands import RateOf
from ..record import first_estimate
from .drivers import AsyncStore

#: How long a rate is taken for the newest.
FRESH_S: Final = 1.0
#: Types that are remembered.
MOST: Final = 1_024


class Rates:
    """Of one store; one an event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        #: By type: the rate, and the monotonic time up to which it is fresh.
        self._known: dict[str, tuple[float | None, float]] = {}
        self._asked: dict[str, asyncio.Task[float | None]] = {}

    async def estimated(self, document: bytes) -> bytes:
        """A checked document as a reader wants it: one that has not begun gets a first estimate.

        Raises:
            StoreUnavailable.
        """
        task_type = first_estimate.type_of(document)
        if task_type is None:
            return document
        known = self._known.get(task_type)
        if known is not None and known[1] > monotonic():
            return first_estimate.estimated(document, known[0])
        asked = self._asked.get(task_type)
        if asked is None:
            asked = self._asked[task_type] = asyncio.create_task(self._ask(task_type))
        # One who goes away takes nobody's answer along.
        return first_estimate.estimated(document, await asyncio.shield(asked))

    async def _ask(self, task_type: str) -> float | None:
        try:
            rate: float | None = await self._store.execute(RateOf(task_type))
        finally:
            del self._asked[task_type]
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[task_type] = rate, monotonic() + FRESH_S
        return rate
