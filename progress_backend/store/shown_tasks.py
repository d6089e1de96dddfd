"""Single tasks as readers get them. All that are asked for while a read is in progress are read as
one: their documents, past runs of their types, and the places of those that wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final, NamedTuple

from ..errors import ForeignValue
from ..operations import places, records
from ..record import first_estimate, past_runs, reader_view, waiting
from ..record.fields import Body
from ..record.past_runs import History
from ..record.responses import as_of
from .async_store import AsyncStore
from .coalesced_reads import MOST as AT_ONCE
from .coalesced_reads import Joined

#: Seconds for which the same document is not parsed again, and past runs are not read again.
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
        #: By type, what its past runs say, and until when.
        self._past: dict[str, tuple[History, float]] = {}
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
        documents = await self._store.execute(records.read(task_ids))
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
            made.append(new)
            return new

        found = [*map(shown, task_ids, documents)]
        if made:
            await self._complete(made)
            self._keep(made, now + FRESH_S)
        return found

    async def _complete(self, made: Sequence[Shown]) -> None:
        """Adds to new records what their documents do not say."""
        tasks = [waiting.waiting(record, document) for document, record in made]
        ahead_of = places.before([task for task in tasks if task is not None])
        aheads = iter(await self._store.execute(ahead_of))
        types = {record.task_type for _, record in made if _by_past_runs(record)}
        past = await self._past_runs({task.task_type for task in tasks if task} | types)
        for task, (_, record) in zip(tasks, made, strict=True):
            if first_estimate.type_of(record) is not None:
                first_estimate.estimated(record, past[record.task_type])
            elif first_estimate.has_usual(record):
                first_estimate.with_usual(record, past[record.task_type])
            if task is not None and (ahead := next(aheads)) is not None:
                waiting.placed(record, ahead, past[task.task_type])
            if record.may_come_again_until is not None or record.start_estimate is not None:
                await self._store.ready()
                as_of(record, self._store.now(), self._store.settings.locale)

    async def _past_runs(self, types: set[str]) -> dict[str, History]:
        """What the past runs of these types say of the next."""
        now = monotonic()
        found = {one: past for one in types if (past := self._past.get(one)) and past[1] > now}
        if missing := types - found.keys():
            asked = (self._store.execute(records.runs_of(one)) for one in missing)
            read = map(past_runs.history, await asyncio.gather(*asked))
            found |= {one: (each, now + FRESH_S) for one, each in zip(missing, read, strict=True)}
            if len(self._past) >= MOST_TYPES:
                self._past.clear()
            self._past |= found
        return {one: history for one, (history, _) in found.items()}

    def _keep(self, made: Sequence[Shown], until: float) -> None:
        for shown in made:
            # What may be taken back changes with time alone.
            if shown.record.may_come_again_until is None and len(shown.document) <= LONGEST:
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[shown.record.task_id] = shown, until


def _by_past_runs(record: Body) -> bool:
    return first_estimate.type_of(record) is not None or first_estimate.has_usual(record)
