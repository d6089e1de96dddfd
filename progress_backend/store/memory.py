"""A store in memory, for tests and for an asyncio service of one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any, Self, TypeVar

from ..flows import commands as c
from ..flows.flow import Flow, completed
from ..flows.keys import Keys
from ..flows.task_flows import Flows
from ..record.local_time import LocalTime
from ..settings import Settings
from ..targets import targets_of
from .command_table import TABLE
from .memory_state import Listener, MemoryState
from .outage_log import fault

T = TypeVar("T")


class MemoryStore:
    """Runs the same flows as `Store`, over dictionaries; safe to share between threads.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        # Only a cluster has partitions.
        self.settings = replace(settings or Settings(), partitions=0)
        self.keys = Keys(self.settings.key_prefix)
        self.flows = Flows(self.settings, targets_of(self.settings), fault)
        self.state = MemoryState(clock)
        self._local = LocalTime(self.settings.zone())
        self._lock = threading.RLock()

    def ready(self) -> None:
        """Nothing to measure; for the stores' common interface."""

    def measure_clock(self) -> None:
        """Nothing to measure; for the stores' common interface."""

    def server(self) -> str:
        """ ""; there is no server."""
        return ""

    def now(self) -> datetime:
        """The clock's time, in the configured zone."""
        return self._local.at(self.state.clock())

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """As `Store.within`, without a bound, since no call waits."""
        return nullcontext()

    def left_s(self) -> float:
        """As `Store.left_s`."""
        return inf

    def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end."""
        return completed(flow, self.execute)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener(task_id, document)` after each commit, until the returned function is
        called."""
        self.state.listeners.append(listener)
        return lambda: self.state.listeners.remove(listener)

    def close(self) -> None:
        """Nothing to close; for the stores' common interface."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(self, command: c.Command) -> Any:
        """Runs one store command."""
        with self._lock:
            return TABLE[type(command)].in_memory(self.state, command)
