"""Queue of events that wait for a store that does not answer: in order for each task, and bounded
in number and bytes. The publishes of a run come before the run's own events."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from ..operations import counts
from ..record import events as ev
from ..record.packed_event import PackedEvent, packed, size_of, unpacked
from .run import Run

logger = logging.getLogger(__name__)

#: Events that end a run.
ENDS = (ev.Completed, ev.Failed, ev.Cancelled, ev.Ignored, ev.Retried, ev.Requeued)
#: Most events that wait, and most bytes that they take.
MOST, MOST_BYTES = 10_000, 8 * 1024 * 1024
#: Kinds of events; those of the first kind are dropped first.
_KIND: Final[dict[type[ev.Event], str]] = {
    ev.Progressed: "value",
    **dict.fromkeys((ev.Created, ev.Planned), "publish"),
    ev.Started: "start",
    **dict.fromkeys(ENDS, "end"),
}


class Kept:
    """An event that waits for the store."""

    __slots__ = ("_base_size", "_packed", "kind", "publisher", "run", "since", "task_id")

    def __init__(self, run: Run | None, task_id: str, event: ev.Event) -> None:
        self.run = run
        self.task_id = task_id
        self.kind = _KIND.get(type(event), "other")
        #: Id of the task that published a Created; None if none did.
        self.publisher = event.identity.parent_id if isinstance(event, ev.Created) else None
        #: Monotonic time at which the event was kept; an event without a time happened then.
        self.since = time.monotonic()
        self._packed: PackedEvent = packed(event)
        base = None if run is None else run.base
        self._base_size = 0 if base is None else size_of(base.task)

    @property
    def size(self) -> int:
        """Bytes that it takes, about, with the record that its run has."""
        return self._packed.size + self._base_size

    def dated(self, now: datetime) -> ev.Event:
        """The event with its time by the store's clock."""
        waited = timedelta(seconds=time.monotonic() - self.since)
        return unpacked(self._packed).happened_at(now - waited)


class Outbox:
    """Thread-safe queue by task. When more than `most` events wait, or more than `most_bytes`,
    values are dropped first, ends last, the oldest of each kind first; all are counted."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        #: The events of each task, in order.
        self.kept: OrderedDict[str, list[Kept]] = OrderedDict()
        #: All of them by kind, in the order in which they were kept.
        self._by_kind: dict[str, OrderedDict[int, Kept]] = {
            kind: OrderedDict() for kind in counts.DROPPED
        }
        self._waiting = self._bytes = 0
        #: By task id: how many waiting publishes its runs have made.
        self._published_by: Counter[str] = Counter()
        self._lock = threading.Lock()
        #: Events that were dropped, by kind, and are not counted in the store yet.
        self.dropped: Counter[str] = Counter()

    def __contains__(self, task_id: str) -> bool:
        return task_id in self.kept

    def __len__(self) -> int:
        return self._waiting

    def holds_up(self, task_id: str, last: ev.Event, *, kept: bool = True) -> bool:
        """Whether a task's events have to wait behind others: behind the task's own, and an end
        that is kept behind the publishes of its run. Else the end of the last known member would
        complete its workflow, and planned tasks would count as never published."""
        ends = kept and isinstance(last, ENDS)
        return task_id in self.kept or (ends and task_id in self._published_by)

    def keep(self, run: Run | None, task_id: str, *happened: ev.Event) -> None:
        """Adds events; others may be dropped for them."""
        added = [Kept(run, task_id, event) for event in happened]
        with self._lock:
            self.kept.setdefault(task_id, []).extend(added)
            for kept in added:
                self._by_kind[kept.kind][id(kept)] = kept
                self._waiting += 1
                self._bytes += kept.size
                if kept.publisher is not None:
                    self._published_by[kept.publisher] += 1
            first_drop = not self.dropped
            while self._waiting > self._most or self._bytes > self._most_bytes:
                oldest = next(its for its in self._by_kind.values() if its)
                kept = next(iter(oldest.values()))
                self.dropped[kept.kind] += 1
                self._remove(kept)
            full = first_drop and bool(self.dropped)
        if full:
            logger.error(
                "progress: more than %d events, or %d MiB, wait for the store; values are dropped "
                "first, ends last",
                self._most,
                self._most_bytes // 2**20,
            )

    def firsts(self, most: int) -> list[Kept]:
        """The events that are sent next, of each task the first one. The events of tasks with
        waiting publishes come after these."""
        with self._lock:
            free = (task_id for task_id in self.kept if task_id not in self._published_by)
            found = list(islice(free, most)) or list(islice(self.kept, most))
            return [self.kept[task_id][0] for task_id in found]

    def with_its_end(self, first: Kept) -> tuple[Kept, ...]:
        """A task's first event; a value with the end of its run, since one decision is made about
        both."""
        with self._lock:
            both = tuple(self.kept.get(first.task_id, ())[:2])
        ends = [kept.kind for kept in both] == ["value", "end"] and both[0].run is both[1].run
        return both if ends and both[0] is first else (first,)

    def postpone(self, task_id: str) -> None:
        """Puts a task behind the others: one that fails again and again must not hold them up."""
        with self._lock:
            if task_id in self.kept:
                self.kept.move_to_end(task_id)

    def sent(self, kept: Kept) -> None:
        """Removes an event, unless it was dropped meanwhile."""
        with self._lock:
            if id(kept) in self._by_kind[kept.kind]:
                self._remove(kept)

    def _remove(self, kept: Kept) -> None:
        del self._by_kind[kept.kind][id(kept)]
        waiting = self.kept[kept.task_id]
        waiting.remove(kept)
        if not waiting:
            del self.kept[kept.task_id]
        self._waiting -= 1
        self._bytes -= kept.size
        if (publisher := kept.publisher) is not None:
            self._published_by[publisher] -= 1
            if not self._published_by[publisher]:
                del self._published_by[publisher]

    def take_dropped(self) -> dict[str, int]:
        """Takes the counts of what was dropped."""
        with self._lock:
            taken, self.dropped = dict(self.dropped), Counter()
            return taken
