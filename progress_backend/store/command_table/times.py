"""Commands about how long tasks waited and ran."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from ...flows import commands as c
from ...flows.partitions import Layout
from ...record.times_taken import KINDS, Total
from .entry import Entry, Part
from .values import text, whole

#: What stands in a field's name, and what of a total it holds.
_PARTS: Final = {"count": "number", "sum": "us"}


def times_of(commit: c.Commit) -> tuple[Any, ...]:
    """The times of a commit as its script takes them."""
    task_type = commit.after.task_type
    return tuple(part for took in commit.took for part in (took.kind, task_type, took.us))


def _totals(command: c.Times, replies: list[Any]) -> c.Totals:
    found: c.Totals = {}
    for name, stored in _fields(replies[0]):
        kind, part, *rest = text(name).split("|", 2)
        if kind in KINDS and part in _PARTS and rest:
            known = found.get((kind, rest[0]), Total())
            found[kind, rest[0]] = known._replace(**{_PARTS[part]: whole(stored)})
    return found


def _fields(reply: Any) -> Iterator[tuple[bytes, bytes]]:
    """The fields of a hash, from a dictionary or a flat list."""
    if isinstance(reply, dict):
        return iter(reply.items())
    flat = reply or []
    return zip(flat[::2], flat[1::2], strict=True)


def _merged(
    command: c.Times, layout: Layout, parts: list[Part], replies: list[c.Totals]
) -> c.Totals:
    found: c.Totals = {}
    for name, total in chain.from_iterable(own.items() for own in replies):
        known = found.get(name, Total())
        found[name] = Total(known.number + total.number, known.us + total.us)
    return found


TABLE: dict[type[c.Command], Entry] = {
    c.Times: Entry(
        lambda _, keys: [("HGETALL", keys.times)],
        _totals,
        merge=_merged,
    ),
}
