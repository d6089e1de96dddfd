"""A store command's entry in the table, and the ways to split a command over partitions and merge
the replies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout

#: A partition's number, and the command for it.
Part = tuple[int, c.Command]
Split = Callable[[Any, Layout], list[Part]]
Merge = Callable[[Any, Layout, list[Part], list[Any]], Any]


def everywhere(command: c.Command, layout: Layout) -> list[Part]:
    """Sends the command to each partition."""
    return [(place, command) for place in range(len(layout.keys))]


def in_the_first(command: c.Command, layout: Layout) -> list[Part]:
    """Sends a command that is about no task to the first partition."""
    return [(0, command)]


def of_its_task(command: Any, layout: Layout) -> list[Part]:
    """Sends the command to the partition of its task."""
    return [(layout.place(command.task_id), command)]


def of_its_tasks(command: Any, layout: Layout) -> list[Part]:
    """Splits a command by the partitions of its tasks."""
    groups = grouped(command.task_ids, layout, lambda task_id: task_id)
    return [(place, replace(command, task_ids=tuple(own))) for place, own in groups]


def grouped(
    items: Sequence[Any], layout: Layout, id_of: Callable[[Any], str]
) -> list[tuple[int, list[Any]]]:
    """The items grouped by the partition of their task, in their order."""
    groups: dict[int, list[Any]] = {}
    for item in items:
        groups.setdefault(layout.place(id_of(item)), []).append(item)
    return list(groups.items())


def first(command: c.Command, layout: Layout, parts: list[Part], replies: list[Any]) -> Any:
    """The reply of the only partition, or of the first where all replies are equal."""
    return replies[0] if replies else None


def in_order(command: Any, layout: Layout, parts: list[Part], replies: list[Any]) -> list[Any]:
    """One reply for each task, in the command's order."""
    found: dict[str, Any] = {}
    for (_, part), reply in zip(parts, replies, strict=True):
        found.update(zip(part.task_ids, reply, strict=True))  # type: ignore[union-attr]  # by its split
    return [found[task_id] for task_id in command.task_ids]


def total(command: c.Command, layout: Layout, parts: list[Part], replies: list[Any]) -> int:
    """The sum of the partitions' numbers."""
    return sum(replies)


def own(
    layout: Layout, parts: list[Part], replies: list[Any], id_of: Callable[[Any], str]
) -> list[Any]:
    """The replies of all partitions without ids that belong to another partition: another program
    wrote those, and their task's keys are not there."""
    pairs = zip(parts, replies, strict=True)
    return [one for (i, _), reply in pairs for one in reply if layout.place(id_of(one)) == i]


def own_ids(command: Any, layout: Layout, parts: list[Part], replies: list[Any]) -> list[str]:
    """The task ids of all partitions, `limit` at most."""
    found = own(layout, parts, replies, lambda task_id: task_id)
    return found[: command.limit]


@dataclass(frozen=True, slots=True)
class Entry:
    """How the stores carry out one kind of command."""

    #: The requests to one partition, sent together.
    requests: Callable[[Any, Keys], list[Request]]
    #: The command's reply, made of the replies to its requests.
    reply: Callable[[Any, list[Any]], Any]
    #: Splits the command into parts, each for one partition.
    split: Split = everywhere
    #: The command's reply, made of those to its parts.
    merge: Merge = first


def nothing(command: object, replies: list[Any]) -> None:
    """The reply of a command that has none."""
