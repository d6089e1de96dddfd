"""Queue of events that wait for a store that does not answer: in order for each task, and
bounded. What a run has published comes before the run's own events."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from ..record.events import Created, Event
from .run import Run


class Kept(NamedTuple):
    """An event that waits for the store."""

    run: Run | None
    event: Event
    #: Monotonic time at which the event was kept; an event without a time happened then.
    since: float

    def dated(self, now: datetime) -> Event:
        """The event with its time by the store's clock."""
        return self.event.happened_at(now - timedelta(seconds=time.monotonic() - self.since))


class Outbox:
    """Thread-safe queue by task. When more than `most` events wait, those of the task that has
    waited longest are dropped and counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, list[Kept]] = OrderedDict()
        self._waiting = 0
        #: How many publishes wait of those that a run of each task has made.
        self._published_by = Counter[str]()
        self._lock = threading.Lock()
        #: Events that were dropped.
        self.dropped = 0

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._kept

    def __len__(self) -> int:
        return self._waiting

    def awaits(self, task_id: str) -> bool:
        """Whether publishes wait that a run of the task has made."""
        return task_id in self._published_by

    def keep(self, run: Run | None, task_id: str, *happened: Event) -> bool:
        """Adds events; whether others were dropped for them."""
        since = time.monotonic()
        with self._lock:
            waiting = self._kept.setdefault(task_id, [])
            waiting.extend(Kept(run, event, since) for event in happened)
            self._waiting += len(happened)
            self._published_by.update(_publishers(task_id, happened))
            full = self._waiting > self._most
            while self._waiting > self._most:
                name, gone = self._kept.popitem(last=False)
                self._waiting -= len(gone)
                self.dropped += len(gone)
                self._forget(name, [kept.event for kept in gone])
            return full

    def firsts(self, most: int) -> list[tuple[str, Kept]]:
        """The events that are sent next, with their tasks: the first one of each. Those of tasks
        whose runs have made publishes that wait here come after these."""
        with self._lock:
            free = (task_id for task_id in self._kept if task_id not in self._published_by)
            found = list(islice(free, most)) or list(islice(self._kept, most))
            return [(task_id, self._kept[task_id][0]) for task_id in found]

    def postpone(self, task_id: str) -> None:
        """Puts a task behind the others: one that fails again and again must not hold them up."""
        with self._lock:
            if task_id in self._kept:
                self._kept.move_to_end(task_id)

    def sent(self, task_id: str, kept: Kept) -> None:
        """Removes the task's first event, if it is this one."""
        with self._lock:
            waiting = self._kept.get(task_id)
            if waiting and waiting[0] is kept:
                waiting.pop(0)
                self._waiting -= 1
                self._forget(task_id, [kept.event])
                if not waiting:
                    del self._kept[task_id]

    def _forget(self, task_id: str, events: Iterable[Event]) -> None:
        for publisher in _publishers(task_id, events):
            self._published_by[publisher] -= 1
            if not self._published_by[publisher]:
                del self._published_by[publisher]


def _publishers(task_id: str, events: Iterable[Event]) -> list[str]:
    """The tasks whose runs have made these publishes of a task; not the task itself."""
    made = [event.identity.parent_id for event in events if isinstance(event, Created)]
    return [publisher for publisher in made if publisher not in (None, task_id)]
