"""The command that counts tasks with warnings."""

from __future__ import annotations

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ...record.model import KINDS
from ..requests import Request
from .entry import Entry, Part


def _count(command: c.CountWarnings, keys: Keys) -> list[Request]:
    return [("ZCARD", keys.warned(kind)) for kind in KINDS]


def _sums(
    command: c.CountWarnings, layout: Layout, parts: list[Part], replies: list[tuple[int, ...]]
) -> tuple[int, ...]:
    return tuple(map(sum, zip(*replies, strict=True)))


TABLE: dict[type[c.Command], Entry] = {
    c.CountWarnings: Entry(
        _count, lambda _, replies: tuple(one or 0 for one in replies), merge=_sums
    ),
}
