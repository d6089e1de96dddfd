"""The sender of webhook events: takes those that are due, posts them, and records what came of it.

Any number of senders may run: an event that was taken is due again, for any of them, once its
sender has had its time. So an event is sent at least once, whichever process dies.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from random import random
from typing import Final

from ..credentials.targets import Targets
from ..daemon import daemon
from ..errors import StoreUnavailable
from ..flows.ended_workflows import ended_workflows
from ..operations import webhooks
from ..record.webhook_target import Target
from ..settings import Settings
from ..store.drivers import Store
from ..store.outage_log import OneAMinute, alone
from .post import Answer, post

logger = logging.getLogger(__name__)

#: Seconds that a sender has for an event: much longer than one delivery, which ends within
#: `post.TIMEOUT_S`.
LEASE_S: Final = 60.0
#: Seconds between two looks for events that are due.
STEP_S: Final = 1.0
#: Threads for one target at most: each sends one event after another.
_THREADS: Final = 4
#: Seconds after each attempt that failed until the next one: 11 attempts in three days.
PAUSES_S: Final = (5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)


class WebhookSender:
    """Sends the events of a store's webhooks, in threads of its own."""

    def __init__(self, settings: Settings, targets: Targets) -> None:
        self._store = Store(settings)
        self._targets = targets
        self._lease_ms = int(LEASE_S * 1000)
        self._stop = threading.Event()
        self._threads: dict[str, list[threading.Thread]] = {}
        #: By what a line is about; "": the sender itself.
        self._log: dict[str, OneAMinute] = defaultdict(OneAMinute)
        #: When dropped events are counted, and how many there were of each target.
        self._count = OneAMinute()
        self._dropped: dict[str, int] = {}

    def run(self) -> None:
        """Sends events until `stop` is called; then waits for deliveries in progress."""
        with self._store:
            while not self._stop.is_set():
                self._try(self.step)
                self._stop.wait(STEP_S)
            self._join(LEASE_S)

    def stop(self, wait_s: float = 0.0) -> None:
        """Lets `run` end: nothing more is taken. Waits so long for deliveries in progress."""
        self._stop.set()
        if wait_s:
            self._join(wait_s)

    def _join(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        for thread in [one for threads in self._threads.values() for one in threads]:
            thread.join(max(until - time.monotonic(), 0))

    def _try(self, work: Callable[[], None]) -> None:
        """Does a part of the work; an error is logged, once a minute, and the sender goes on."""
        try:
            work()
        except StoreUnavailable as error:
            # What was taken is due again by itself.
            if self._log[""].passes():
                logger.warning("webhooks are sent when the store answers again: %s", error)
        except Exception:  # a fault of ours: the next round sends again
            if self._log[""].passes():
                logger.exception("events could not be sent to webhooks; trying again")

    def step(self) -> None:
        """Leaves the events of workflows that have ended, and has each target's due events sent."""
        store, targets = self._store, self._targets()
        if not targets:
            return
        now = store.measured_now()
        lease_ms = self._lease_ms + random()  # no two looks have the same end
        with alone("ended workflows are not read for webhooks"):
            store.run(ended_workflows(store.flows, targets, now, lease_ms))
        for target in targets:
            self._begin(target)
        if self._count.passes():
            self._log_dropped([target.name for target in targets])

    def _log_dropped(self, names: list[str]) -> None:
        figures = self._store.execute(webhooks.figures(names))
        for name, dropped in zip(names, (each.dropped for each in figures), strict=True):
            if (more := dropped - self._dropped.get(name, dropped)) > 0:
                logger.error(
                    "webhook %s: %d events were dropped unsent, since more than %d or %d MiB wait",
                    *(name, more, webhooks.MOST, webhooks.MOST_BYTES // 1024**2),
                )
            self._dropped[name] = dropped

    def _begin(self, target: Target) -> None:
        """Starts a thread for a target; one that finds nothing due ends at once."""
        alive = [one for one in self._threads.get(target.name, ()) if one.is_alive()]
        if len(alive) < _THREADS:
            work = partial(self._try, partial(self._work, target))
            if (thread := daemon(f"progress-webhook-{target.name}", work)) is not None:
                alive.append(thread)
        self._threads[target.name] = alive

    def _work(self, target: Target) -> None:
        places = range(len(self._store.layout.keys))
        while sum(self._send_next(target, place) for place in places):
            pass

    def _send_next(self, target: Target, place: int) -> bool:
        """Sends a target's next event of a partition; whether there was one."""
        if self._stop.is_set():
            return False
        taken = self._store.execute(webhooks.take(place, target.name, self._lease_ms))
        if taken is None:
            return False
        answer = Answer(None, "its senders have died")
        if taken.attempt <= len(PAUSES_S) + 1:  # else it ends each of them before it has an answer
            answer = post(target, taken.id, taken.body)
        outcome, pause_s = self._outcome(target, taken, answer)
        self._store.execute(webhooks.settle(place, target.name, taken, outcome, pause_s))
        return True

    def _outcome(self, target: Target, taken: webhooks.Taken, answer: Answer) -> tuple[str, float]:
        """The count that grows by an answer; or "" and seconds until the next attempt."""
        if answer.delivered:
            return "delivered", 0
        # 410: the receiver wants no more of them.
        if answer.status == 410 or taken.attempt > len(PAUSES_S):
            logger.error(
                "webhook %s: event %s is given up after %d attempts: %s",
                *(target.name, taken.id, taken.attempt, answer),
            )
            return "failed", 0
        pause_s = PAUSES_S[taken.attempt - 1]
        if self._log[target.name].passes():
            logger.warning(
                "webhook %s: event %s is sent again in %.0f s (attempt %d of %d): %s",
                *(target.name, taken.id, pause_s, taken.attempt, len(PAUSES_S) + 1, answer),
            )
        return "", pause_s
