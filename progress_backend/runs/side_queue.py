"""Work that waits beside the values: last lines of logs, stacks, planned records."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ..errors import StoreUnavailable
from ..store.outage_log import OneAMinute

logger = logging.getLogger(__name__)

T = TypeVar("T")


class SideQueue(Generic[T]):
    """Queue of the sender's thread: any thread adds, only the one that holds the sender's lock of
    rounds takes steps.

    Args:
        what: the items, as log lines name them.
        do: works on an item, which is dropped if that raises anything but StoreUnavailable. Returns
            whether the item is over; None if it has to wait, unchanged.
        most: items that wait; when there are more, the oldest are dropped.
        at_once: items in one step.
    """

    def __init__(
        self, what: str, do: Callable[[T], bool | None], *, most: int = 1_000, at_once: int
    ) -> None:
        self._what, self._do, self._most, self._at_once = what, do, most, at_once
        #: By their ids, in order. Each call of a dict is atomic for other threads.
        self._items: dict[int, T] = {}
        self._full = OneAMinute()

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T) -> None:
        """Adds an item at the end."""
        self._items[id(item)] = item
        if len(self._items) > self._most:
            for oldest in list(self._items)[: -self._most]:
                self._items.pop(oldest, None)
            if self._full.passes():
                line = "progress: more than %d %s wait for the store; the oldest are dropped"
                logger.warning(line, self._most, self._what)

    def step(self) -> bool:
        """Works on the first items, if the store replies; returns whether anything was done."""
        done = False
        for item in list(self._items.values())[: self._at_once]:
            over: bool | None = True
            try:
                over = self._do(item)
            except StoreUnavailable:
                over = None
                break
            finally:
                if over:
                    self._items.pop(id(item), None)  # it may be dropped already
            done |= over is not None
        return done

    def close(self, deadline: float) -> None:
        """Works on all items until a monotonic time, or until the store does not reply."""
        while self._items and time.monotonic() < deadline and self.step():
            pass

    def report(self) -> None:
        """Logs how many items the process leaves."""
        if self._items:
            logger.error("progress: %d %s could not be recorded", len(self._items), self._what)
