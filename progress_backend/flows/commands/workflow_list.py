"""Commands about the list of workflows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class Workflows:
    """-> Listed: `limit` workflows from `start` on, newest first. Over several partitions no more
    than the newest `LISTED` are in the list, each by the last time at which a partition got its
    first member."""

    start: int
    limit: int


#: Workflows of a list over several partitions.
LISTED: Final = 1_000


class Listed(NamedTuple):
    """A page of workflows: how many are in the list, creation times (ms) and ids."""

    total: int
    found: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ForgetWorkflow:
    """-> None: deletes what is stored of a workflow, wherever no member is stored."""

    workflow_id: str
