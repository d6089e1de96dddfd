"""The workflows that this process watches: each is read after its members' commits, and its updates
go to the receivers at a bearable pace. Pure asyncio, one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from ..errors import StoreUnavailable
from ..flows import workflows
from ..store.drivers import AsyncStore
from ..store.outage_log import OneAMinute
from .hub import Hub, Receiver
from .update import Update

logger = logging.getLogger(__name__)

#: Shortest time between two reads of one workflow, in seconds: an end is noticed within it.
READ_S: Final = 0.05
#: Seconds until the next read where nothing but a publish is open, whose end nobody tells.
POLL_S: Final = 0.1
#: Seconds until the next read where the store did not answer.
RETRY_S: Final = 1.0
#: Shortest time between two updates for one receiver, in seconds; an end is not held back. With it
#: no more than four come in a second.
PACE_S: Final = 0.35


class Paced:
    """Holds back what comes too soon after the last update; the newest is passed on then."""

    __slots__ = ("_due", "_held", "_loop", "_receiver", "_timer")

    def __init__(self, receiver: Receiver[Update]) -> None:
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        #: The receiver's client gets the current state now, past this class.
        self._due = self._loop.time() + PACE_S
        self._held: Update | None = None
        self._timer: asyncio.TimerHandle | None = None

    def put(self, update: Update) -> None:
        """Passes an update on, or keeps it until it is due; never waits."""
        left_s = self._due - self._loop.time()
        if update.ended or left_s <= 0:
            self.stop()
            self._pass_on(update)
            return
        self._held = update
        if self._timer is None:
            self._timer = self._loop.call_later(left_s, self._time_is_over)

    def close(self) -> None:
        """Tells the receiver that no more will come."""
        self.stop()
        self._receiver.close()

    def stop(self) -> None:
        """Drops what is held back."""
        self._held = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_over(self) -> None:
        self._timer = None
        if self._held is not None:
            held, self._held = self._held, None
            self._pass_on(held)

    def _pass_on(self, update: Update) -> None:
        self._due = self._loop.time() + PACE_S
        self._receiver.put(update)


class _Reading:
    """When a workflow was read, and when it will be."""

    __slots__ = ("again", "began", "task", "timer")

    def __init__(self) -> None:
        self.began = float("-inf")
        self.timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None
        #: Whether a member was committed since the read in progress began.
        self.again = False

    def stop(self) -> None:
        """Reads no more."""
        if self.timer is not None:
            self.timer.cancel()
        if self.task is not None:
            self.task.cancel()


class WatchedWorkflows:
    """Reads the watched workflows, and passes their updates to the receivers."""

    def __init__(self, store: AsyncStore, hub: Hub[Update], epoch: Callable[[], int]) -> None:
        self._store = store
        self._hub = hub
        self._epoch = epoch
        self._readings: dict[str, _Reading] = {}
        self._traceback = OneAMinute()
        self._paced: dict[tuple[str, Receiver[Update]], Paced] = {}

    def add(self, workflow_id: str, receiver: Receiver[Update]) -> None:
        """Adds a receiver of a workflow's updates from now on."""
        self._readings.setdefault(workflow_id, _Reading())
        paced = self._paced[workflow_id, receiver] = Paced(receiver)
        self._hub.add(_topic(workflow_id), paced)

    def leave(self, workflow_id: str, receiver: Receiver[Update]) -> bool:
        """Removes a receiver; whether the workflow has others."""
        paced = self._paced.pop((workflow_id, receiver))
        paced.stop()
        others = self._hub.leave(_topic(workflow_id), paced)
        if not others and (reading := self._readings.pop(workflow_id, None)) is not None:
            reading.stop()
        return others

    def changed(self, workflow_id: str) -> None:
        """Has a workflow read, since a member was committed; never waits."""
        reading = self._readings.get(workflow_id)
        if reading is None:
            return
        if reading.task is not None:
            reading.again = True
        elif reading.timer is None:
            now = asyncio.get_running_loop().time()
            self._read_in(reading, workflow_id, max(reading.began + READ_S - now, 0))

    async def catch_up(self, workflow_id: str) -> None:
        """Reads a workflow whose messages were missed.

        Raises:
            StoreUnavailable: Redis does not answer.
        """
        if workflow_id in self._readings:
            await self._publish(workflow_id)

    def close(self) -> None:
        """Reads nothing any more."""
        for reading in self._readings.values():
            reading.stop()
        self._readings.clear()

    def _read_in(self, reading: _Reading, workflow_id: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        reading.timer = loop.call_later(seconds, self._begin, reading, workflow_id)

    def _begin(self, reading: _Reading, workflow_id: str) -> None:
        loop = asyncio.get_running_loop()
        reading.timer, reading.again, reading.began = None, False, loop.time()
        reading.task = loop.create_task(self._read(reading, workflow_id))

    async def _read(self, reading: _Reading, workflow_id: str) -> None:
        again_in: float | None = None
        try:
            again_in = POLL_S if await self._publish(workflow_id) else None
        except StoreUnavailable:  # the store logs it
            again_in = RETRY_S
        except Exception:
            # A fault of the service: the next message has the workflow read again. It may be one of
            # each read, and a handler of the application's log may raise as well.
            with contextlib.suppress(Exception):
                if self._traceback.passes():
                    logger.exception("the updates of workflow %s failed", workflow_id)
        reading.task = None
        if self._readings.get(workflow_id) is not reading:
            return
        if reading.again and again_in != RETRY_S:
            self.changed(workflow_id)
        elif again_in is not None:
            self._read_in(reading, workflow_id, again_in)

    async def _publish(self, workflow_id: str) -> bool:
        """Reads a workflow and passes its update on; whether only a publish is open."""
        epoch = self._epoch()
        now = self._store.now()
        body = await self._store.run(workflows.status(self._store.flows, workflow_id, now))
        update = Update.of_workflow(body, epoch, workflow_id)
        self._hub.publish(_topic(workflow_id), update)
        return update.waits


def _topic(workflow_id: str) -> str:
    """A workflow's topic in the hub; no task's id has a control character."""
    return f"\0{workflow_id}"
