"""Commands about what nothing else started: tasks that are no workflow's member, and outermost
workflows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Top:
    """-> TopOfAll: the newest tasks that are no workflow's member, and the newest outermost
    workflows, up to `until_us`, `limit` of each. Its cost does not depend on the number of
    members."""

    until_us: float
    limit: int
    #: On one node: the place in the list of both from which they are, in place of `until_us`.
    start: int = 0


class TopOfAll(NamedTuple):
    """Creation times (µs) and ids, newest first; `counts` as in `Paged`."""

    #: How many tasks that are no member, and outermost workflows, there are of all times.
    sizes: tuple[int, int]
    counts: tuple[int, ...]
    singles: tuple[tuple[int, str], ...]
    #: Over several partitions the newest `LISTED` of all times, as in `Workflows`.
    workflows: tuple[tuple[int, str], ...]
    #: How many of them stand before `start`.
    skip: int = 0


@dataclass(frozen=True, slots=True)
class TopSince:
    """-> int: how many tasks that are no workflow's member were created after a time."""

    after_us: float
