"""The sender of webhook events: takes those that are due, posts them, and records what came of it.

Any number of senders may run: an event that was taken is due again, for any of them, once its
sender has had its time. So an event is sent at least once, whichever process dies.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ..daemon import daemon
from ..errors import StoreUnavailable
from ..flows import commands as c
from ..flows import webhooks
from ..flows.stored_record import milliseconds
from ..record.json_text import dumps
from ..record.model import rendered
from ..record.webhook_schedule import ATTEMPTS, pause_s
from ..record.webhook_target import Target
from ..store.drivers import Store
from ..store.outage_log import OneAMinute
from ..targets import Targets
from .answer import Answer
from .delivery import deliver

logger = logging.getLogger(__name__)

#: Seconds that a sender has for what it took: much longer than one delivery, which ends within
#: `answer.TIMEOUT_S` once the name is resolved.
LEASE_S: Final = 60.0
#: Seconds between two looks for events that are due.
STEP_S: Final = 1.0
#: Events that are taken at once, and threads for one target at most.
_BATCH, _THREADS = 8, 4

Post = Callable[[Target, str, bytes], Answer]


class Sender:
    """Sends the events of a store's webhooks, in threads of its own."""

    def __init__(
        self,
        store: Store,
        targets: Targets,
        *,
        lease_s: float = LEASE_S,
        send: Post = deliver,
        may: Callable[[], bool] = lambda: True,
    ) -> None:
        """`may` is called before each look for events that are due; False: none are taken."""
        self._store = store
        self._targets = targets
        self._lease_s = lease_s
        self._send = send
        self._may = may
        self._stop = threading.Event()
        self._threads: dict[str, list[threading.Thread]] = {}
        self._dropped: dict[str, int] = {}
        self._log, self._log_of_drops = OneAMinute(), OneAMinute()

    def run(self) -> None:
        """Sends events until `stop` is called; then waits for deliveries in progress."""
        while not self._stop.is_set():
            self._try(self.step)
            self._stop.wait(STEP_S)
        self._join(self._lease_s)

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
            if self._log.passes():
                logger.warning("webhooks are sent when the store answers again: %s", error)
        except Exception:
            if self._log.passes():
                logger.exception("events could not be sent to webhooks; trying again")

    def stop(self) -> None:
        """Lets `run` end: nothing more is taken."""
        self._stop.set()

    def step(self) -> None:
        """Leaves the events of workflows that have ended, and has each target's due events sent."""
        store, targets = self._store, self._targets()
        if not self._may():
            return
        store.ready()
        if targets:
            lease_ms = int(self._lease_s * 1000)
            store.run(webhooks.ended_workflows(store.flows, targets, store.now(), lease_ms))
        off: dict[str, int] = store.execute(c.TargetsOff())
        for target in targets:
            if target.name not in off:
                self._begin(target)
        self._tell_dropped(targets)

    def _begin(self, target: Target) -> None:
        """Starts a thread for a target; one that finds nothing due ends at once."""
        alive = [one for one in self._threads.get(target.name, ()) if one.is_alive()]
        if len(alive) < _THREADS:
            work = partial(self._try, partial(self._work, target))
            if (thread := daemon(f"progress-webhook-{target.name}", work)) is not None:
                alive.append(thread)
        self._threads[target.name] = alive

    def _work(self, target: Target) -> None:
        while not self._stop.is_set() and self._send_due(target):
            pass

    def _send_due(self, target: Target) -> bool:
        """Sends a batch of a target's due events; whether there may be more. What there is no time
        for is given back."""
        store, began = self._store, time.monotonic()
        now_ms = milliseconds(store.now())
        until_ms = now_ms + int(self._lease_s * 1000)
        batch: list[c.Taken] = store.execute(c.TakeEvents(target.name, now_ms, until_ms, _BATCH))
        goes_on = True
        for taken in batch:
            goes_on = goes_on and time.monotonic() - began < self._lease_s / 2
            if not goes_on or self._stop.is_set():
                self._give_back(target, taken)
                continue
            goes_on = self._deliver(target, taken)
        return bool(batch) and goes_on

    def _give_back(self, target: Target, taken: c.Taken) -> None:
        due_ms = milliseconds(self._store.now())
        self._store.execute(c.SettleEvent(taken.place, target.name, taken.id, due_ms, unmade=True))

    def _answer(self, target: Target, taken: c.Taken) -> Answer:
        """What comes of an attempt. An event that has ended its sender again and again, so that
        nothing came of it, is not sent any more."""
        if taken.attempt > 2 * ATTEMPTS:
            return Answer(None, "its senders have died")
        try:
            return self._send(target, taken.id, taken.body)
        except Exception as error:  # of a library: the event must not come for ever
            return Answer(None, f"{type(error).__name__}: {error}")

    def _deliver(self, target: Target, taken: c.Taken) -> bool:
        """Sends one event, and records what came of it; whether the target takes more."""
        store = self._store
        answer = self._answer(target, taken)
        kept = delivery(taken, answer, rendered(store.now()))
        outcome, again_ms = "", None
        if answer.delivered:
            outcome = "delivered"
        elif answer.gone:
            # The event waits, as all others of the target, until it is switched on again.
            again_ms = milliseconds(store.now())
            store.execute(c.SwitchTarget(target.name, again_ms))
            logger.error(
                "webhook %s is switched off, since its receiver answers 410 Gone; "
                "progress-backend webhook on %s switches it on again",
                target.name,
                target.name,
            )
        else:
            wait_s = pause_s(taken.attempt, random.random(), answer.retry_after_s)
            if wait_s is None:
                outcome = "failed"
                logger.error(
                    "webhook %s: event %s is given up after %d attempts: %s",
                    *(target.name, taken.id, ATTEMPTS, answer),
                )
            else:
                again_ms = milliseconds(store.now()) + int(wait_s * 1000)
                if self._log.passes():
                    logger.warning(
                        "webhook %s: event %s is sent again in %.0f s (attempt %d of %d): %s",
                        *(target.name, taken.id, wait_s, taken.attempt, ATTEMPTS, answer),
                    )
        settled = (taken.place, target.name, taken.id, again_ms, outcome, kept)
        store.execute(c.SettleEvent(*settled, unmade=answer.gone))
        return not answer.gone

    def _tell_dropped(self, targets: tuple[Target, ...]) -> None:
        """Logs that events were dropped since a target's outbox was full."""
        if not targets:
            return
        names = tuple(target.name for target in targets)
        for name, figures in zip(names, self._store.execute(c.OutboxFigures(names)), strict=True):
            known = self._dropped.setdefault(name, figures.dropped)
            if figures.dropped > known and self._log_of_drops.passes():
                logger.error(
                    "webhook %s: %d events were dropped, the oldest, since too many wait",
                    *(name, figures.dropped - known),
                )
                self._dropped[name] = figures.dropped


def delivery(taken: c.Taken, answer: Answer, at: str | None) -> bytes:
    """What is kept of an attempt: what came of it, and what was sent."""
    kept: dict[str, Any] = {
        "at": at,
        "id": taken.id,
        "attempt": taken.attempt,
        "status": answer.status,
        "error": answer.error,
        "took_ms": answer.took_ms,
        "body": taken.body.decode(errors="replace"),
    }
    return dumps(kept).encode()
