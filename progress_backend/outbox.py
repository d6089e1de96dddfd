"""Events that could not be recorded yet: in order for each task, and bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict

from .events import Event
from .run import Run

Kept = tuple[Run | None, Event]


class Outbox:
    """Thread-safe; when more than `most` tasks wait, the oldest is given up and counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, list[Kept]] = OrderedDict()
        self._lock = threading.Lock()
        self.dropped = 0

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._kept

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, run: Run | None, task_id: str, *happened: Event) -> bool:
        """Takes events; whether another task's had to go for them."""
        with self._lock:
            self._kept.setdefault(task_id, []).extend((run, event) for event in happened)
            full = len(self._kept) > self._most
            if full:
                self._kept.popitem(last=False)
                self.dropped += 1
            return full

    def first(self) -> tuple[str, Kept] | None:
        """The event that has waited longest, and its task."""
        with self._lock:
            for task_id, kept in self._kept.items():
                return task_id, kept[0]
            return None

    def sent(self, task_id: str, event: Event) -> None:
        """The task's first event, if it is this one, waits no longer."""
        with self._lock:
            kept = self._kept.get(task_id)
            if kept and kept[0][1] is event:
                kept.pop(0)
                if not kept:
                    del self._kept[task_id]
