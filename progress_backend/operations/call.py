"""A call of a store: a flow yields it, a driver executes it. On a Redis Cluster the functions here
select its partitions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar, cast
from zlib import crc32

from ..settings import Settings
from .keys import Keys

T = TypeVar("T")
Reply_co = TypeVar("Reply_co", covariant=True)
Item = TypeVar("Item")
Request = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The key names of each partition: plain keys on one node, or on a Redis Cluster one hash tag a
    partition. All keys of a task are in its partition, so that one script can work on them."""

    keys: tuple[Keys, ...]

    @classmethod
    def of(cls, settings: Settings) -> Layout:
        """The layout that the settings ask for."""
        prefix, count = settings.key_prefix, settings.partitions
        if not count:
            return cls((Keys(prefix),))
        return cls(tuple(Keys(f"{prefix}{{p{i}}}:", sharded=True) for i in range(count)))

    def place(self, task_id: str) -> int:
        """The partition of a task."""
        return crc32(task_id.encode("utf-8", "surrogatepass")) % len(self.keys)

    def of_task(self, task_id: str) -> Keys:
        """The key names of a task's partition."""
        return self.keys[self.place(task_id) if len(self.keys) > 1 else 0]

    def grouped(
        self, items: Sequence[Item], id_of: Callable[[Item], str]
    ) -> list[tuple[Keys, Sequence[Item]]]:
        """The items by the partition of their task, in their order; one group at least."""
        if len(self.keys) == 1 or not items:
            return [(self.keys[0], items)]
        groups: dict[Keys, list[Item]] = {}
        for item in items:
            groups.setdefault(self.of_task(id_of(item)), []).append(item)
        return [*groups.items()]


class Requests(NamedTuple, Generic[Reply_co]):
    """Redis requests, to be sent together, and the function that reads their replies."""

    requests: list[Request]
    parse: Callable[[list[Any]], Reply_co]


class Call(Generic[Reply_co]):
    """One operation, with its arguments. In a flow `yield from` executes it and returns the reply;
    outside of a flow a driver's `execute` does. It may be executed several times.

    `asked` makes its requests under the key names of a layout.
    """

    __slots__ = ("asked",)

    def __init__(self, asked: Callable[[Layout], Requests[Reply_co]]) -> None:
        self.asked = asked

    def __iter__(self) -> Generator[Call[Any], object, Reply_co]:
        return cast("Reply_co", (yield self))


def one(request: Request, parse: Callable[[Any], T]) -> Requests[T]:
    """One request."""
    return Requests([request], lambda replies: parse(replies[0]))


def at(task_id: str, ask: Callable[[Keys], Requests[T]]) -> Call[T]:
    """A call of the partition of a task."""
    return Call(lambda layout: ask(layout.of_task(task_id)))


def in_the_first(ask: Callable[[Keys], Requests[T]]) -> Call[T]:
    """A call that is about no task, of the first partition."""
    return Call(lambda layout: ask(layout.keys[0]))


def added(replies: Sequence[Any]) -> Any:
    """One reply of several: numbers are added, lists and tuples item by item, mappings by name."""
    first = replies[0]
    if isinstance(first, dict):
        names = dict.fromkeys(chain(*replies))
        return {name: added([one[name] for one in replies if name in one]) for name in names}
    if isinstance(first, (list, tuple)):
        items = map(added, zip(*replies, strict=True))
        return type(first)(items) if type(first) in (list, tuple) else type(first)(*items)
    return None if first is None else sum(replies)


def listed(limit: int | None = None) -> Callable[[list[list[T]]], list[T]]:
    """Merges lists, the first partition's before the others', each item once."""
    return lambda replies: list(dict.fromkeys(chain(*replies)))[:limit]


def everywhere(
    ask: Callable[[Keys], Requests[T]], merge: Callable[[list[T]], T] = added
) -> Call[T]:
    """A call of each partition; `merge` makes one reply of theirs."""
    return Call(lambda layout: merged([*map(ask, layout.keys)], merge))


def shared(
    items: Sequence[Item],
    ask: Callable[[Keys, Sequence[Item]], Requests[T]],
    id_of: Callable[[Item], str] = str,
) -> Call[T]:
    """A call of the partitions of some tasks; their replies are added. An item is a task's id, or
    has it by `id_of`."""
    return Call(lambda layout: merged([ask(*own) for own in layout.grouped(items, id_of)], added))


def of_each(
    items: Sequence[Item],
    ask: Callable[[Keys, Sequence[Item]], Requests[list[T]]],
    id_of: Callable[[Item], str] = str,
) -> Call[list[T]]:
    """As `shared`, with a reply for each of the tasks, in their order."""

    def asked(layout: Layout) -> Requests[list[T]]:
        groups = layout.grouped(items, id_of)

        def in_order(replies: list[list[T]]) -> list[T]:
            found = {keys: iter(reply) for (keys, _), reply in zip(groups, replies, strict=True)}
            return [next(found[layout.of_task(id_of(item))]) for item in items]

        return merged([ask(*own) for own in groups], in_order)

    return Call(asked)


def merged(several: list[Requests[T]], merge: Callable[[list[T]], T]) -> Requests[T]:
    """The requests of several partitions, and one reply of theirs."""
    if len(several) == 1:
        return several[0]
    each = joined(several)
    return Requests(each.requests, lambda replies: merge(each.parse(replies)))


def all_of(*calls: Call[Any]) -> Call[list[Any]]:
    """Several calls, sent together; the reply of each."""
    return Call(lambda layout: joined([call.asked(layout) for call in calls]))


def each(calls: Sequence[Call[T]]) -> Call[list[T | Exception]]:
    """Several calls, sent together; for each its reply, or the exception of a reply that it cannot
    read."""

    def readable(asked: Requests[T]) -> Requests[T | Exception]:
        def parse(replies: list[Any]) -> T | Exception:
            try:
                return asked.parse(replies)
            except Exception as error:  # that call's alone
                return error

        return Requests(asked.requests, parse)

    return Call(lambda layout: joined([readable(call.asked(layout)) for call in calls]))


def joined(several: Sequence[Requests[T]]) -> Requests[list[T]]:
    """The requests of several calls, sent together; the reply of each."""

    def parse(replies: list[Any]) -> list[T]:
        start, found = 0, list[T]()
        for each in several:
            end = start + len(each.requests)
            found.append(each.parse(replies[start:end]))
            start = end
        return found

    return Requests([request for each in several for request in each.requests], parse)
