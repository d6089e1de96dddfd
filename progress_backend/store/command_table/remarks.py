"""Commands about remarks: the order in which open tasks are looked at, and how many have any."""

from __future__ import annotations

from typing import Any, Final

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ...record.model import KINDS, TaskStatus
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, Part, grouped, own_ids
from .values import nothing, text

#: Statuses of the tasks that are found; a worker names those that it has begun since.
_OPEN: Final = (TaskStatus.CREATED, TaskStatus.RUNNING)


def _find(command: c.FindOpen, keys: Keys) -> list[Request]:
    names = [keys.checks, keys.checks_from, *(keys.index(status) for status in _OPEN)]
    about = (command.until_us, command.limit, command.at_ms)
    return [evalsha(scripts.FIND_OPEN, names, *about)]


def _find_in_memory(state: MemoryState, command: c.FindOpen) -> int:
    since, until = state.checked_until, command.until_us / 1e6
    state.checked_until = until
    found = [
        task_id
        for task_id, facets in state.facets.items()
        if facets.status in _OPEN and since < state.created[task_id] <= until
    ]
    for task_id in found:
        state.checks.setdefault(task_id, command.at_ms)
    return len(found)


def _most(command: c.FindOpen, layout: Layout, parts: list[Part], replies: list[int]) -> int:
    return max(replies)


def _look_at(command: c.LookAt, keys: Keys) -> list[Request]:
    over = [task_id for task_id, at_ms in command.checks if at_ms is None]
    due = [part for i, at_ms in command.checks if at_ms is not None for part in (at_ms, i)]
    sooner = ("LT",) if command.sooner else ()
    requests: list[Request] = []
    if due:
        requests.append(("ZADD", keys.checks, *sooner, *due))
    if over:
        requests.append(("ZREM", keys.checks, *over))
    return requests


def _look_in_memory(state: MemoryState, command: c.LookAt) -> None:
    for task_id, at_ms in command.checks:
        if at_ms is None:
            state.checks.pop(task_id, None)
        else:
            known = state.checks.get(task_id, at_ms)
            state.checks[task_id] = min(at_ms, known) if command.sooner else at_ms


def _by_partition(command: c.LookAt, layout: Layout) -> list[Part]:
    groups = grouped(command.checks, layout, lambda check: check[0])
    return [(place, c.LookAt(tuple(own), command.sooner)) for place, own in groups]


def _due(command: c.ToLookAt, keys: Keys) -> list[Request]:
    bounds = ("-inf", command.before_ms, "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", keys.checks, *bounds)]


def _due_ids(command: c.ToLookAt, replies: list[Any]) -> list[str]:
    return [text(task_id) for task_id in replies[0] or ()]


def _due_in_memory(state: MemoryState, command: c.ToLookAt) -> list[str]:
    due = sorted((at, i) for i, at in state.checks.items() if at <= command.before_ms)
    return [task_id for _, task_id in due[: command.limit]]


def _count(command: c.CountRemarks, keys: Keys) -> list[Request]:
    return [("ZCARD", keys.remarked(kind)) for kind in KINDS]


def _count_in_memory(state: MemoryState, command: c.CountRemarks) -> tuple[int, ...]:
    return tuple(sum(kind in f.remarks for f in state.facets.values()) for kind in KINDS)


def _sums(
    command: c.CountRemarks, layout: Layout, parts: list[Part], replies: list[tuple[int, ...]]
) -> tuple[int, ...]:
    return tuple(map(sum, zip(*replies, strict=True)))


TABLE: dict[type[c.Command], Entry] = {
    c.FindOpen: Entry(_find, lambda _, replies: replies[0] or 0, _find_in_memory, merge=_most),
    c.LookAt: Entry(_look_at, nothing, _look_in_memory, _by_partition),
    c.ToLookAt: Entry(_due, _due_ids, _due_in_memory, merge=own_ids),
    c.CountRemarks: Entry(
        _count, lambda _, replies: tuple(one or 0 for one in replies), _count_in_memory, merge=_sums
    ),
}
