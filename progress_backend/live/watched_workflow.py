"""A workflow that this process watches: it is read after its members' commits, and its updates go
to the receivers at a bearable pace. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from ..errors import StoreUnavailable
from ..flows import workflow_bodies
from ..store.async_store import AsyncStore
from ..store.outage_log import OneAMinute
from .receivers import DeliveryCounts, Watch
from .update import Update

logger = logging.getLogger(__name__)

#: Shortest time between two reads of one workflow, in seconds: an end is noticed within it.
READ_S: Final = 0.05
#: Seconds until the next read if only a publish is in progress: no event marks its end.
POLL_S: Final = 0.1
#: Seconds until the next read where the store did not answer.
RETRY_S: Final = 1.0
#: Shortest time between two updates, in seconds; an end is not held back. With it a client that has
#: begun with the current state gets no more than four in a second.
PACE_S: Final = 0.35

_traceback = OneAMinute()


class WorkflowWatch(Watch):
    """The receivers of a workflow's updates, and when it is read for them."""

    __slots__ = ("_again", "_at", "_due", "_epoch", "_read_at", "_reading", "_store", "_timer")

    def __init__(
        self, its_id: str, counts: DeliveryCounts, store: AsyncStore, epoch: Callable[[], int]
    ) -> None:
        super().__init__(its_id, counts)
        self._store = store
        self._epoch = epoch
        #: When it was read last, and from when on an update may follow the last one.
        self._read_at = self._due = 0.0
        #: The next read, and its time: a handle of uvloop has none where that is over.
        self._timer: asyncio.Handle | None = None
        self._at = 0.0
        self._reading: asyncio.Task[None] | None = None
        #: Whether a member was committed since the read in progress began.
        self._again = False

    def changed(self) -> None:
        """Has the workflow read, since a member was committed; never waits."""
        if self._reading is None:
            self._read_by(self._read_at + READ_S)
        else:
            self._again = True

    async def catch_up(self) -> None:
        """Reads the workflow, because its messages were missed.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        if (next_s := await self._read()) is not None:
            self._read_by(self._read_at + next_s)

    def stop(self) -> None:
        """Reads nothing any more."""
        super().stop()
        self._receivers.clear()
        for one in (self._timer, self._reading):
            if one is not None:
                one.cancel()

    def _read_by(self, when: float) -> None:
        """Has it read at that time of the event loop, or earlier, if there is a receiver then."""
        if not self:
            return
        if self._timer is not None:
            if self._at <= when:
                return
            self._timer.cancel()
        self._at, self._timer = when, asyncio.get_running_loop().call_at(when, self._begin)

    def _begin(self) -> None:
        self._timer, self._again = None, False
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_and_plan())

    async def _read_and_plan(self) -> None:
        next_s: float | None = None
        try:
            next_s = await self._read()
        except StoreUnavailable:  # the store logs it
            next_s, self._again = RETRY_S, False
        except Exception:
            # A fault of the service: the next message has the workflow read again. It may be one of
            # each read, and a handler of the application's log may raise as well.
            with contextlib.suppress(Exception):
                if _traceback.passes():
                    logger.exception("the updates of workflow %s failed", self.its_id)
        self._reading = None
        if self._again:
            self.changed()
        if next_s is not None:
            self._read_by(asyncio.get_running_loop().time() + next_s)

    async def _read(self) -> float | None:
        """Reads the workflow and passes its update on if one may follow; seconds until it is to be
        read again, None until a member's commit."""
        epoch, loop = self._epoch(), asyncio.get_running_loop()
        self._read_at = loop.time()
        body = await self._store.run(
            workflow_bodies.status(self._store.flows, self.its_id, self._store.now())
        )
        update, early_s = Update.of_workflow(body, epoch, self.its_id), self._due - loop.time()
        if early_s > 0 and not update.ended:
            return early_s
        self._due = loop.time() + PACE_S
        self.publish(update)
        return POLL_S if update.waits else None
