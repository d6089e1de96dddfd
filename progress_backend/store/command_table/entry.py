"""A store command's entry in the table, and the ways in which commands are spread over partitions
and put together again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ..memory_state import MemoryState
from ..requests import Request

#: A partition's number, and what is asked of it.
Part = tuple[int, c.Command]
Split = Callable[[Any, Layout], list[Part]]
Merge = Callable[[Any, Layout, list[Part], list[Any]], Any]


def everywhere(command: c.Command, layout: Layout) -> list[Part]:
    """Asks each partition the same."""
    return [(place, command) for place in range(len(layout.keys))]


def in_the_first(command: c.Command, layout: Layout) -> list[Part]:
    """Asks one partition, always the same, about what is of no task."""
    return [(0, command)]


def of_its_task(command: Any, layout: Layout) -> list[Part]:
    """Asks the partition of the task."""
    return [(layout.place(command.task_id), command)]


def of_its_tasks(command: Any, layout: Layout) -> list[Part]:
    """Asks each partition about its own tasks."""
    groups = grouped(command.task_ids, layout, lambda task_id: task_id)
    return [(place, replace(command, task_ids=tuple(own))) for place, own in groups]


def grouped(
    items: Sequence[Any], layout: Layout, id_of: Callable[[Any], str]
) -> list[tuple[int, list[Any]]]:
    """Items by the partition of their task, in their order."""
    groups: dict[int, list[Any]] = {}
    for item in items:
        groups.setdefault(layout.place(id_of(item)), []).append(item)
    return list(groups.items())


def first(command: c.Command, layout: Layout, parts: list[Part], replies: list[Any]) -> Any:
    """The reply of the one partition that was asked; of several that say the same, the first's."""
    return replies[0] if replies else None


def in_order(command: Any, layout: Layout, parts: list[Part], replies: list[Any]) -> list[Any]:
    """A reply a task, in the command's order."""
    found: dict[str, Any] = {}
    for (_, part), reply in zip(parts, replies, strict=True):
        found.update(zip(part.task_ids, reply, strict=True))  # type: ignore[union-attr]
    return [found[task_id] for task_id in command.task_ids]


def total(command: c.Command, layout: Layout, parts: list[Part], replies: list[Any]) -> int:
    """The sum of the partitions' numbers."""
    return sum(replies)


def own(
    layout: Layout, parts: list[Part], replies: list[Any], id_of: Callable[[Any], str]
) -> list[Any]:
    """What the partitions answered about their own tasks. An id that belongs to another partition
    is somebody else's: it would be looked for there, in vain."""
    pairs = zip(parts, replies, strict=True)
    return [one for (i, _), said in pairs for one in said if layout.place(id_of(one)) == i]


def own_ids(command: Any, layout: Layout, parts: list[Part], replies: list[Any]) -> list[str]:
    """Ids of tasks, `limit` at most."""
    found = own(layout, parts, replies, lambda task_id: task_id)
    return found[: command.limit]


@dataclass(frozen=True, slots=True)
class Entry:
    """How stores carry out one kind of command."""

    #: The requests, sent together, to one partition.
    requests: Callable[[Any, Keys], list[Request]]
    #: The command's reply, from the replies to its requests.
    reply: Callable[[Any, list[Any]], Any]
    #: The same over dictionaries.
    in_memory: Callable[[MemoryState, Any], Any]
    #: The parts of the command, each for one partition.
    split: Split = everywhere
    #: The command's reply, from those to its parts.
    merge: Merge = first
