"""What one channel of Redis is watched for in this process: a task's updates, and what those of a
workflow and of all tasks begin with."""

from __future__ import annotations

import asyncio
import logging

from ..errors import ForeignValue, StoreUnavailable
from .receivers import DeliveryCounts, Receivers
from .update import Update

logger = logging.getLogger(__name__)

#: Longest wait for the confirmation of a subscription, before a client is refused.
SUBSCRIBE_S = 5.0


class Watch(Receivers[Update]):
    """The receivers of a task's updates; its channel is subscribed while there are any."""

    __slots__ = ("_logged", "confirmed_once", "current", "its_id", "subscribed")

    def __init__(self, its_id: str, counts: DeliveryCounts) -> None:
        super().__init__(counts)
        self.its_id = its_id
        #: Set while the subscription is confirmed: every later commit is received.
        self.subscribed = asyncio.Event()
        #: Whether it was confirmed over an earlier connection, so that messages in between were
        #: missed.
        self.confirmed_once = False
        #: Whether a message has come since the record's last read began.
        self.current = False
        self._logged = False

    def publish(self, item: Update) -> None:
        """Passes a message's update to all receivers."""
        self.current = True
        super().publish(item)

    def confirmed(self) -> None:
        """Called when the subscription is confirmed."""
        self.confirmed_once = True
        self.subscribed.set()

    def lost(self) -> None:
        """Called when the connection is lost."""
        self.subscribed.clear()

    def stop(self) -> None:
        """Called when it is not watched any more: no receiver waits for its subscription."""
        self.subscribed.set()

    def log_unreadable(self, where: str, error: ForeignValue) -> None:
        """Logs the first message of this channel that is no document."""
        if not self._logged:
            self._logged = True
            logger.warning("an update of %s is left out: %s", where, error)

    async def stands(self) -> None:
        """Waits until the subscription is confirmed.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time.
        """
        if self.subscribed.is_set():
            return
        try:
            async with asyncio.timeout(SUBSCRIBE_S):
                await self.subscribed.wait()
        except TimeoutError:
            raise StoreUnavailable("the progress store does not confirm a subscription") from None
