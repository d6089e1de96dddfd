"""Single tasks as readers get them. All that are asked for while a read is in progress are read as
one: their documents, past runs of their types, and the places of those that wait."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from time import monotonic
from typing import Final, NamedTuple

from ..errors import ForeignValue
from ..flows import shown_record
from ..operations import records
from ..record import reader_view
from ..record.fields import Body
from ..record.past_runs import History
from ..record.shown import is_whole
from .async_store import AsyncStore
from .coalesced_reads import MOST as AT_ONCE
from .coalesced_reads import Joined

#: Seconds for which what a document does not say is not read again: past runs and places.
FRESH_S: Final = 1.0
#: Records that are kept; and the longest document of these, in bytes: all take 20 MiB at most.
MOST: Final = 2_048
LONGEST: Final = 4_096
#: Task types with kept past runs.
MOST_TYPES: Final = 1_024


class Shown(NamedTuple):
    """A task's record, which no caller may change, and the document from which it was parsed."""

    document: bytes
    record: Body


class ShownTasks:
    """The tasks of one store; one instance per event loop."""

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        #: By task id, each until when.
        self._known: dict[str, tuple[Shown, float]] = {}
        #: By type, what its past runs say; and until when.
        self._past: dict[str, History] = {}
        self._past_until = 0.0
        self._reads = Joined(self._read, AT_ONCE)

    async def of(self, task_id: str) -> Shown | None:
        """A task's record; None if there is none. It is checked, with an
        estimate by past runs where the task has no rate of its own, with the place of one that
        waits, and final where no message can take its end back.

        Raises:
            ForeignValue: the value is no record of this task.
            StoreUnavailable: Redis does not answer or refuses, or too many reads wait.
        """
        found = await self._reads.get(task_id)
        if isinstance(found, ForeignValue):
            raise found
        return found

    async def _read(self, task_ids: Sequence[str]) -> list[Shown | ForeignValue | None]:
        store = self._store
        await store.ready()
        documents = await store.execute(records.read(task_ids))
        now, made = monotonic(), list[Shown]()

        def shown(task_id: str, document: bytes | None) -> Shown | ForeignValue | None:
            if document is None:
                return None
            known = self._known.get(task_id)
            if known is not None and known[0].document == document and known[1] > now:
                return known[0]
            try:
                new = Shown(document, reader_view.seen(document, task_id))
            except ForeignValue as error:
                return error
            if is_whole(new.record, document):
                self._keep(new, inf)
            else:
                made.append(new)
            return new

        found = [*map(shown, task_ids, documents)]
        if made:
            if now >= self._past_until or len(self._past) >= MOST_TYPES:
                self._past, self._past_until = {}, now + FRESH_S
            await store.run(shown_record.complete(store.flows, made, store.now(), self._past))
            for new in made:
                if new.record.may_come_again_until is None:  # else it changes with time alone
                    self._keep(new, now + FRESH_S)
        return found

    def _keep(self, shown: Shown, until: float) -> None:
        if len(shown.document) <= LONGEST:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[shown.record.task_id] = shown, until
