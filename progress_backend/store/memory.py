"""A store in memory: for tests, and for an asyncio service of one process."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any, TypeVar

from ..flows import commands as c
from ..flows.keys import Keys
from ..flows.task_flows import Flow, Flows
from ..record.local_time import LocalTime
from ..record.model import STATUSES
from ..record.task_json import digest
from ..settings import Settings

T = TypeVar("T")
Listener = Callable[[str, bytes], None]


class MemoryStore:
    """Runs the same flows as `Store`, over dictionaries; safe to share between threads.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        # Partitions are a cluster's affair.
        self.settings = replace(settings or Settings(), partitions=0)
        self.keys = Keys(self.settings.key_prefix)
        self.flows = Flows(self.settings)
        self._clock = clock
        self._local = LocalTime(self.settings.zone())
        self._lock = threading.RLock()
        self._documents: dict[str, tuple[bytes, float]] = {}
        self._facets: dict[str, c.Facets] = {}
        self._created: dict[str, float] = {}
        self._due: dict[str, int] = {}
        self._rates: dict[str, float] = {}
        self._locks: dict[str, tuple[str, float]] = {}
        self._leases: dict[str, int] = {}
        self._lost = 0
        self._markings: dict[str, str] = {}
        self._order = 0.0
        self._listeners: list[Listener] = []
        self._verbs: dict[type[c.Command], Callable[[Any], Any]] = {
            c.Read: self._read,
            c.Commit: self._commit,
            c.Page: self._page,
            c.FacetsOf: self._facets_of,
            c.Due: self._due_before,
            c.Sweep: self._sweep,
            c.RateOf: self._rate_of,
            c.Count: self._count,
            c.Lock: self._take_lock,
            c.Unlock: self._unlock,
            c.Commits: lambda together: [self._commit(commit) for commit in together.commits],
            c.Renew: self._renew,
            c.Assume: self._assume,
            c.EndLease: self._end_lease,
            c.LeaseEnd: lambda command: self._leases.get(command.lease),
            c.Leases: self._leases_before,
            c.Ahead: self._leases_after,
            c.Shorten: self._shorten,
            c.CountLost: self._count_lost,
            c.LostSoFar: lambda _: self._lost,
            c.Held: self._held,
            c.ForgetLease: self._forget_lease,
            c.Extend: self._extend,
            c.LeaveMarkings: lambda left: self._markings.update(left.markings),
            c.MarkingOf: self._marking_of,
        }

    def ready(self) -> None:
        """Always is; as the other stores."""

    def now(self) -> datetime:
        """The clock's time, in the configured zone."""
        return self._local.at(self._clock())

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """As `Store.within`; nothing is waited for."""
        return nullcontext()

    def left_s(self) -> float:
        """As `Store.left_s`."""
        return inf

    def run(self, flow: Flow[T]) -> T:
        """Drives a flow to its end."""
        reply: Any = None
        try:
            while True:
                reply = self.execute(flow.send(reply))
        except StopIteration as end:
            result: T = end.value
            return result

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener(task_id, document)` after each commit, until the returned call."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Nothing to close; as the other stores."""

    def execute(self, command: c.Command) -> Any:
        """Carries out one command."""
        with self._lock:
            carry_out: Callable[[Any], Any] = self._verbs[type(command)]
            return carry_out(command)

    def _document(self, task_id: str) -> bytes | None:
        document, expires = self._documents.get(task_id, (None, 0.0))
        if document is not None and expires <= self._clock():
            del self._documents[task_id]
            return None
        return document

    def _read(self, command: c.Read) -> list[bytes | None]:
        return [self._document(task_id) for task_id in command.task_ids]

    def _commit(self, command: c.Commit) -> c.Committed:
        task_id = command.task_id
        document, facets = self._document(task_id), self._facets.get(task_id)
        found = digest(document) if document is not None else ""
        if found != command.expected or facets != command.before:
            return c.Committed(False, document, facets)
        self._documents[task_id] = (command.document, self._clock() + command.ttl_ms / 1000)
        self._facets[task_id] = command.after
        if command.due_ms is not None:
            self._due[task_id] = command.due_ms
        if command.fresh or task_id not in self._created:
            self._order = max(self._order + 1e-6, self._clock())
            self._created[task_id] = self._order
        if command.rate is not None:
            self._rates[command.after.task_type] = command.rate
        for listener in tuple(self._listeners):
            listener(task_id, command.document)
        return c.Committed(True)

    def _page(self, command: c.Page) -> c.Paged:
        wanted = (command.status, command.task_type, command.symbol)
        found = [
            task_id
            for task_id, facets in self._facets.items()
            if all(w in (None, f) for w, f in zip(wanted, facets[:3], strict=True))
        ]
        found.sort(key=lambda task_id: (self._created[task_id], task_id), reverse=True)
        chosen = found[command.start : command.start + command.limit]
        statuses = [facets.status for facets in self._facets.values()]
        counts = tuple(statuses.count(status) for status in STATUSES)
        return c.Paged(len(found), counts, tuple((i, self._document(i)) for i in chosen))

    def _facets_of(self, command: c.FacetsOf) -> list[c.Facets | None]:
        return [self._facets.get(task_id) for task_id in command.task_ids]

    def _due_before(self, command: c.Due) -> list[str]:
        due = [
            i for i, at in sorted(self._due.items(), key=lambda p: p[1]) if at <= command.before_ms
        ]
        return due[: command.limit]

    def _sweep(self, command: c.Sweep) -> int:
        deleted = 0
        for task_id, facets in command.entries:
            due = self._due.get(task_id)
            goes = due is None or due < command.before_ms or self._document(task_id) is None
            if goes and self._facets.get(task_id) == facets:
                for kept in (self._documents, self._facets, self._created, self._due):
                    kept.pop(task_id, None)
                deleted += 1
        return deleted

    def _rate_of(self, command: c.RateOf) -> float | None:
        return self._rates.get(command.task_type)

    def _count(self, command: c.Count) -> c.Counted:
        running = sum(f.status == "running" for f in self._facets.values())
        recent = sum(at * 1000 >= command.since_ms for at in self._created.values())
        size = sum(sys.getsizeof(document) for document, _ in self._documents.values())
        return c.Counted(len(self._facets), running, recent, size)

    def _take_lock(self, command: c.Lock) -> bool:
        token, until = self._locks.get(command.name, ("", 0.0))
        ttl_s, left_s = command.ttl_ms / 1000, until - self._clock()
        if 0 < left_s <= 2 * ttl_s and token != command.token:
            return False
        self._locks[command.name] = (command.token, self._clock() + ttl_s)
        return True

    def _unlock(self, command: c.Unlock) -> None:
        if self._locks.get(command.name, ("",))[0] == command.token:
            del self._locks[command.name]

    def _renew(self, command: c.Renew) -> None:
        self._leases[command.lease] = command.until_ms

    def _assume(self, command: c.Assume) -> None:
        for lease in command.leases:
            self._leases.setdefault(lease, command.until_ms)

    def _end_lease(self, command: c.EndLease) -> None:
        if command.lease in self._leases:
            self._leases[command.lease] = 0

    def _leases_before(self, command: c.Leases) -> list[tuple[str, int]]:
        over = [(lease, at) for lease, at in self._leases.items() if at < command.before_ms]
        return sorted(over, key=lambda pair: pair[1])[: command.limit]

    def _leases_after(self, command: c.Ahead) -> list[str]:
        return [lease for lease, at in self._leases.items() if at > command.after_ms][
            : command.limit
        ]

    def _shorten(self, command: c.Shorten) -> None:
        for lease in command.leases:
            if lease in self._leases:
                self._leases[lease] = min(self._leases[lease], command.until_ms)

    def _count_lost(self, command: c.CountLost) -> None:
        self._lost += command.runs

    def _held(self, command: c.Held) -> list[str]:
        held = [i for i, facets in self._facets.items() if facets.lease == command.lease]
        return held[: command.limit]

    def _forget_lease(self, command: c.ForgetLease) -> None:
        over = self._leases.get(command.lease, command.before_ms) < command.before_ms
        if over and not any(f.lease == command.lease for f in self._facets.values()):
            del self._leases[command.lease]

    def _marking_of(self, command: c.MarkingOf) -> c.Marked:
        text = self._markings.get(command.name)
        return c.Marked(None if text is None else text.encode(), bool(self._markings))

    def _extend(self, command: c.Extend) -> None:
        for task_id in command.task_ids:
            if (document := self._document(task_id)) is not None:
                until = self._clock() + command.ttl_ms / 1000
                until = max(until, self._documents[task_id][1])
                self._documents[task_id] = (document, until)
                self._due[task_id] = max(self._due[task_id], command.due_ms)
