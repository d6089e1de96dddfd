"""Commands about many tasks: a page of a list, counts, and the store's memory."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import pairs, text, whole
from ...record.document_check import MAX_DOCUMENT_BYTES
from ...record.model import STATUSES, TaskStatus
from .entry import Entry, Part, grouped, own, total
from .light import AS_IT_IS, LIGHT


def _page(command: c.Page, keys: Keys) -> list[Request]:
    (index,) = (keys.index(*filters) for filters in command.sets)
    statuses = _statuses(command.filters, keys)
    last = command.start + command.limit - 1
    about = (command.start, last, keys.task(""), MAX_DOCUMENT_BYTES)
    cut = LIGHT if command.light else AS_IT_IS
    return [evalsha(SCRIPTS["page"], [index, *statuses], *about, *cut)]


def _statuses(filters: c.Filters, keys: Keys) -> list[str]:
    """The sets whose sizes are the list's summary: of all tasks, or of a workflow's or an
    owner's."""
    return [keys.index(s, workflow=filters.workflow, owner=filters.owner) for s in STATUSES]


def _paged(command: c.Page, replies: list[Any]) -> c.Paged:
    count, counts, ids, documents = replies[0]
    rows = zip(map(text, ids), documents, strict=True)
    return c.Paged(count, tuple(counts), tuple(rows))


def _tally(command: c.Tally, keys: Keys) -> list[Request]:
    return [
        ("ZCARD", keys.index(*command.filters)),
        *(("ZCARD", name) for name in _statuses(command.filters, keys)),
    ]


def _tallied(command: c.Tally, replies: list[Any]) -> c.Tallied:
    count, *counts = (count or 0 for count in replies)
    return c.Tallied(count, tuple(counts))


def _tallies(
    command: c.Tally, layout: Layout, parts: list[Part], replies: list[c.Tallied]
) -> c.Tallied:
    counts = zip(*(reply.counts for reply in replies), strict=True)
    return c.Tallied(sum(reply.total for reply in replies), tuple(map(sum, counts)))


def _newest(command: c.Newest, keys: Keys) -> list[Request]:
    bounds = (command.until, "-inf", "WITHSCORES", "LIMIT", 0, command.limit)
    return [("ZREVRANGEBYSCORE", keys.index(*filters), *bounds) for filters in command.filters]


def _times_and_ids(command: c.Newest, replies: list[Any]) -> list[tuple[int, str]]:
    return _latest(command, [[(whole(at), text(i)) for i, at in pairs(r or [])] for r in replies])


def _latest(command: c.Newest, found: list[list[tuple[int, str]]]) -> list[tuple[int, str]]:
    return sorted(chain.from_iterable(found), reverse=True)[: command.limit]


def _newest_of_all(
    command: c.Newest, layout: Layout, parts: list[Part], replies: list[Any]
) -> list[tuple[int, str]]:
    return _latest(command, [own(layout, parts, replies, lambda pair: pair[1])])


def _above(command: c.Above, keys: Keys) -> list[Request]:
    bounds = (f"({command.after}", "+inf")
    return [("ZCOUNT", keys.index(*filters), *bounds) for filters in command.filters]


def _before(command: c.Before, keys: Keys) -> list[Request]:
    tasks, own = command.tasks, command.own
    types = [task.task_type for task in tasks]
    names = [
        name for one in types for name in (keys.index(TaskStatus.CREATED, one), keys.later(one))
    ]
    about = [part for task in tasks for part in (task.task_id if own else "", task.created_us)]
    return [evalsha(SCRIPTS["before"], names, *about)] if names else []


def _counts_before(command: c.Before, replies: list[Any]) -> list[int | None]:
    return [None if count < 0 else count for count in (replies[0] if replies else ())]


def _by_owner(command: c.Before, layout: Layout) -> list[Part]:
    """Each partition's part: in that of a task its place is exact, to others its creation time is
    compared."""
    groups = grouped(command.tasks, layout, lambda task: task.task_id)
    own = dict(groups)
    parts: list[Part] = [(place, c.Before(tuple(tasks))) for place, tasks in groups]
    for place in range(len(layout.keys)):
        others = tuple(task for task in command.tasks if task not in own.get(place, ()))
        if others:
            parts.append((place, c.Before(others, own=False)))
    return parts


def _sums_before(
    command: c.Before, layout: Layout, parts: list[Part], replies: list[list[int | None]]
) -> list[int | None]:
    sums: dict[c.Waiting, int | None] = dict.fromkeys(command.tasks, 0)
    for (_, part), counts in zip(parts, replies, strict=True):
        assert isinstance(part, c.Before)
        for task, count in zip(part.tasks, counts, strict=True):
            known = sums[task]
            sums[task] = None if known is None or count is None else known + count
    return [sums[task] for task in command.tasks]


TABLE: dict[type[c.Command], Entry] = {
    # A page over several sets or partitions, or of a span of time, is read by `page_merge`.
    c.Page: Entry(_page, _paged),
    c.Tally: Entry(_tally, _tallied, merge=_tallies),
    c.Newest: Entry(_newest, _times_and_ids, merge=_newest_of_all),
    c.Above: Entry(_above, lambda _, replies: sum(n or 0 for n in replies), merge=total),
    c.Before: Entry(_before, _counts_before, _by_owner, _sums_before),
}
