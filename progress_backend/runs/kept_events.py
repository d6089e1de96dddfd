"""Sends the events in the outbox, and counts in the store what it has dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from math import inf

from ..errors import ConcurrentUpdate, StoreUnavailable
from ..operations import counts
from .outbox import Kept, Outbox
from .writer import SENDER_WAIT_S, Writer

#: How many tasks' first events share a round trip.
_TOGETHER = 16


class KeptEvents:
    """Sends an outbox, in one thread at a time: a start that is sent twice would count as two."""

    def __init__(self, writer: Writer, outbox: Outbox) -> None:
        self._writer = writer
        self._outbox = outbox
        self.sending = threading.Lock()

    def send(self, deadline: float = inf) -> None:
        """Records the kept events, until a monotonic time, or until the store does not reply."""
        breaker = self._writer.thread
        wait_s = min(deadline - time.monotonic(), SENDER_WAIT_S)
        if not self.sending.acquire(timeout=max(wait_s, 0)):
            return
        try:
            while self._outbox and not breaker.open:
                if (left_s := deadline - time.monotonic()) <= 0:
                    return
                # Only one after a failure, since that event alone may be its cause.
                firsts = self._outbox.firsts(1 if breaker.away else _TOGETHER)
                try:
                    if not self._recorded(firsts, left_s):
                        return
                except StoreUnavailable:
                    for kept in firsts:
                        self._outbox.postpone(kept.task_id)
            if not breaker.open:
                self._count_dropped()
        finally:
            self.sending.release()

    def _recorded(self, firsts: Sequence[Kept], left_s: float) -> bool:
        """Records the first event of each of several tasks in one round trip; drops those of runs
        that lost their record to another run. Returns whether none has to be tried again.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        writer = self._writer
        several = [self._outbox.with_its_end(kept) for kept in firsts]
        wanted = [its for its in several if its[0].run is None or not its[0].run.refused]
        with writer.store.within(left_s), writer.waiting(writer.thread):
            now = writer.store.measured_now()
            entries = [
                (its[0].run, its[0].task_id, tuple([kept.dated(now) for kept in its]))
                for its in wanted
            ]
            outcomes = writer.apply_together(entries, now)
        both = zip(wanted, outcomes, strict=True)
        again = {its[0].task_id for its, o in both if isinstance(o, ConcurrentUpdate)}
        for its in several:
            if its[0].task_id in again:
                self._outbox.postpone(its[0].task_id)
                continue
            for kept in its:
                self._outbox.sent(kept)
        return not again

    def _count_dropped(self) -> None:
        if not (dropped := self._outbox.take_dropped()):
            return
        try:
            with self._writer.waiting(self._writer.thread):
                self._writer.ask(counts.add_dropped(dropped))
        except StoreUnavailable:
            self._outbox.dropped.update(dropped)
