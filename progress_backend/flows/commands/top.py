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


class TopOfAll(NamedTuple):
    """Creation times (µs) and ids, newest first; `counts` as in `Paged`."""

    #: How many tasks that are no member, and outermost workflows, there are of all times.
    sizes: tuple[int, int]
    counts: tuple[int, ...]
    singles: tuple[tuple[int, str], ...]
    #: Over several partitions the newest `LISTED` of all times, as in `Workflows`.
    workflows: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class TopSince:
    """-> tuple[int, int]: how many tasks that are no workflow's member, and how many outermost
    workflows, were created after a time. Over several partitions a workflow may count in each."""

    after_us: float
