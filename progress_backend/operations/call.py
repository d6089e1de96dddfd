"""A call of a store: what an operation is to a flow that asks for it and to the driver that carries
it out; and the ways to spread one over the partitions of a Redis Cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar, cast

from .keys import Keys
from .partitions import Layout

T = TypeVar("T")
Reply_co = TypeVar("Reply_co", covariant=True)
Item = TypeVar("Item")
Request = tuple[Any, ...]
Timed = tuple[int, str]


class Asked(NamedTuple, Generic[Reply_co]):
    """Redis requests, to be sent together, and what their replies say."""

    requests: list[Request]
    parse: Callable[[list[Any]], Reply_co]


class Call(Generic[Reply_co]):
    """One operation, with its arguments. A flow has it carried out by `yield from`, which is the
    reply; outside of a flow a driver's `execute` does it. It may be carried out several times.

    `parts` are its requests in each partition that it is about; `merge` makes one reply of theirs
    where the layout has several partitions.
    """

    __slots__ = ("_merge", "_parts")

    def __init__(
        self,
        parts: Callable[[Layout], list[Asked[Reply_co]]],
        merge: Callable[[Layout, list[Reply_co]], Reply_co] = lambda _, replies: replies[0],
    ) -> None:
        self._parts = parts
        self._merge = merge

    def asked(self, layout: Layout) -> Asked[Reply_co]:
        """The requests to all partitions that the operation is about."""
        parts, merge = self._parts(layout), self._merge
        if len(layout.keys) == 1:
            return parts[0]
        each = joined(parts)
        return Asked(each.requests, lambda replies: merge(layout, each.parse(replies)))

    def __iter__(self) -> Generator[Call[Any], object, Reply_co]:
        return cast("Reply_co", (yield self))


def one(request: Request, parse: Callable[[Any], T]) -> Asked[T]:
    """One request."""
    return Asked([request], lambda replies: parse(replies[0]))


def at(task_id: str, ask: Callable[[Keys], Asked[T]]) -> Call[T]:
    """A call of the partition of a task."""
    return Call(lambda layout: [ask(layout.of_task(task_id))])


def in_the_first(ask: Callable[[Keys], Asked[T]]) -> Call[T]:
    """A call that is about no task, of the first partition."""
    return Call(lambda layout: [ask(layout.keys[0])])


def sums(replies: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The sum of each figure."""
    return tuple(map(sum, zip(*replies, strict=True)))


def listed(limit: int | None = None) -> Callable[[list[list[T]]], list[T]]:
    """Merges lists, the first partition's before the others', each item once."""
    return lambda replies: list(dict.fromkeys(chain(*replies)))[:limit]


def oldest(limit: int) -> Callable[[list[list[Timed]]], list[Timed]]:
    """Merges lists of what has a time, the oldest first."""
    return lambda replies: sorted(chain(*replies))[:limit]


def everywhere(
    ask: Callable[[Keys], Asked[T]], merge: Callable[[list[T]], T] = itemgetter(0)
) -> Call[T]:
    """A call of each partition; `merge` makes one reply of theirs, of equal ones the first."""
    return Call(lambda layout: [*map(ask, layout.keys)], lambda _, replies: merge(replies))


def shared(
    items: Sequence[Item],
    ask: Callable[[Keys, Sequence[Item]], Asked[T]],
    merge: Callable[[list[T]], T],
    id_of: Callable[[Item], str] = str,
) -> Call[T]:
    """A call of the partitions of some tasks; `merge` makes one reply of theirs. The items are
    their ids, or have them by `id_of`."""
    return Call(_asked_of(items, ask, id_of), lambda _, replies: merge(replies))


def of_each(
    items: Sequence[Item],
    ask: Callable[[Keys, Sequence[Item]], Asked[list[T]]],
    id_of: Callable[[Item], str] = str,
) -> Call[list[T]]:
    """As `shared`, with a reply for each of the tasks, in their order."""

    def in_order(layout: Layout, replies: list[list[T]]) -> list[T]:
        places = layout.grouped(items, id_of)
        found = dict(zip(places, map(iter, replies), strict=True))
        return [next(found[layout.place(id_of(item))]) for item in items]

    return Call(_asked_of(items, ask, id_of), in_order)


def _asked_of(
    items: Sequence[Item],
    ask: Callable[[Keys, Sequence[Item]], Asked[T]],
    id_of: Callable[[Item], str],
) -> Callable[[Layout], list[Asked[T]]]:
    def parts(layout: Layout) -> list[Asked[T]]:
        if len(layout.keys) == 1:
            return [ask(layout.keys[0], items)]
        groups = layout.grouped(items, id_of)
        return [ask(layout.keys[place], its) for place, its in groups.items()]

    return parts


def joined(several: Sequence[Asked[T]]) -> Asked[list[T]]:
    """The requests of several calls, sent together; the reply of each."""

    def parse(replies: list[Any]) -> list[T]:
        start, found = 0, list[T]()
        for each in several:
            end = start + len(each.requests)
            found.append(each.parse(replies[start:end]))
            start = end
        return found

    return Asked([request for each in several for request in each.requests], parse)
