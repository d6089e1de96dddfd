"""Records: their documents and facets, how long they are kept, and the past runs of their type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..record import past_runs
from ..record.fields import MAX_DOCUMENT_BYTES, OTHER_TYPE
from ..record.light_row import FIRST_GIVEN, MOST_GIVEN, OMITTED, OURS
from ..record.past_runs import PastRun
from .call import Call, Requests, everywhere, of_each, one, shared
from .index_entry import StoredFacets, read_facets
from .keys import Keys
from .scripts import script
from .values import nothing

#: Bytes up to which a row's document is returned whole; and what a script cuts of a longer one:
#: the caller's own values.
_WHOLE: Final = 4096
LIGHT: Final = {
    "most": MAX_DOCUMENT_BYTES,
    "whole": _WHOLE,
    "least": MOST_GIVEN,
    "from": FIRST_GIVEN,
    "to": OURS,
    "instead": OMITTED,
}
AS_IT_IS: Final = {**dict.fromkeys(LIGHT, ""), "most": MAX_DOCUMENT_BYTES}
_NO_PAGE: Final = {"sets": 0, "start": 0, "stop": -1, "prefix": "", **LIGHT}
#: Last byte that is read of the runs of a type, which take a third of that.
_MOST_OF_RUNS: Final = 4_095


def read(task_ids: Sequence[str], light: bool = False) -> Call[list[bytes | None]]:
    """The values that are stored for tasks, in order, unchecked (see `record.task_json`).
    `light`: a long document may come without the caller's own values, as in `responses.row`."""

    def ask(keys: Keys, task_ids: Sequence[str]) -> Requests[list[bytes | None]]:
        names = [keys.task(task_id) for task_id in task_ids]
        if light:
            requests = [script("page", {}, _NO_PAGE, names)] if names else []
            return Requests(requests, lambda replies: replies[0][3] if replies else [])
        # A script takes twice the time for a document, and MGET would return another program's
        # value of any length.
        return Requests([("GETRANGE", name, 0, MAX_DOCUMENT_BYTES) for name in names], _stored)

    return of_each(task_ids, ask)


def _stored(replies: list[Any]) -> list[bytes | None]:
    """The values of GETRANGE replies, which are empty strings where there is no key."""
    other = OTHER_TYPE + b"value of another type"
    return [other if reply is None else reply or None for reply in replies]


def facets_of(task_ids: Sequence[str]) -> Call[list[StoredFacets]]:
    """The facets that are stored for tasks, in order."""

    def ask(keys: Keys, task_ids: Sequence[str]) -> Requests[list[StoredFacets]]:
        def parse(replies: list[Any]) -> list[StoredFacets]:
            found = (replies and replies[0]) or [None] * len(task_ids)
            return [read_facets(facets) for facets in found]

        return Requests([("HMGET", keys.facets, *task_ids)] if task_ids else [], parse)

    return of_each(task_ids, ask)


def extend(task_ids: Sequence[str], ttl_ms: int, due_ms: int) -> Call[None]:
    """Sets the TTL of the records of running tasks to at least this."""

    def ask(keys: Keys, task_ids: Sequence[str]) -> Requests[None]:
        requests: list[Any] = [("PEXPIRE", keys.task(i), ttl_ms, "GT") for i in task_ids]
        due = [part for task_id in task_ids for part in (due_ms, task_id)]
        requests += [("ZADD", keys.expiry, "XX", "GT", *due)] if due else []
        return Requests(requests, nothing)

    return shared(task_ids, ask)


def runs_of(task_type: str) -> Call[tuple[PastRun, ...]]:
    """A type's last successful runs, the last one last."""

    def ask(keys: Keys) -> Requests[tuple[PastRun, ...]]:
        runs = ("GETRANGE", keys.runs(task_type), 0, _MOST_OF_RUNS)
        return one(runs, lambda reply: past_runs.read_all(reply or b""))

    return everywhere(ask, lambda replies: past_runs.newest(run for own in replies for run in own))
