"""The thread of API and beat that sends the events of webhooks: in one such process at a time,
under a lock in the store. No worker's process and no queue has a part in it."""

from __future__ import annotations

import logging
import uuid
from contextlib import closing, suppress
from typing import Final

from ..daemon import daemon
from ..errors import StoreUnavailable
from ..flows import commands as c
from ..settings import Settings
from ..store.drivers import Store
from ..targets import Targets, targets_of
from ..webhooks.delivery import missing
from ..webhooks.sender import Sender

logger = logging.getLogger(__name__)

LOCK: Final = "webhooks"
#: Milliseconds after which another process sends, unless each step of this one renews the lock.
LOCK_MS: Final = 15_000
#: Seconds that a process which ends waits for deliveries in progress.
_ENDS_S: Final = 2.0


class WebhookThread:
    """Sends events until `stop`, while what the targets need is installed and it has the lock."""

    def __init__(self, settings: Settings, targets: Targets) -> None:
        self._store = Store(settings)
        self._targets = targets
        self._sender = Sender(self._store, targets, may=self._may)
        self._token = uuid.uuid4().hex
        self._absent: list[str] = []
        self._thread = daemon("progress-webhooks", self._work)

    def stop(self) -> None:
        """Ends the thread; waits two seconds at most for deliveries in progress."""
        self._sender.stop()
        if self._thread is not None:
            self._thread.join(_ENDS_S)

    def _work(self) -> None:
        with closing(self._store) as store, suppress(StoreUnavailable):
            self._sender.run()
            store.execute(c.Unlock(LOCK, self._token))

    def _may(self) -> bool:
        before, self._absent = self._absent, missing(self._targets())
        if self._absent and self._absent != before:
            logger.error("%s", "; ".join(self._absent))
        return not self._absent and bool(self._store.execute(c.Lock(LOCK, self._token, LOCK_MS)))


def begin_sending(settings: Settings) -> WebhookThread | None:
    """Starts the thread where webhook targets are configured; None where none are."""
    targets = targets_of(settings)
    return None if targets is None else WebhookThread(settings, targets)
