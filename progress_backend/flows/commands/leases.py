"""Commands about leases: their renewal by a worker, and the runs under them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Renew:
    """-> None: writes that the lease is valid until `until_ms`."""

    lease: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Assume:
    """-> None: writes leases that are not stored with `until_ms` as their end."""

    leases: tuple[str, ...]
    until_ms: int


@dataclass(frozen=True, slots=True)
class EndLease:
    """-> None: the lease ends now; the pass that finds lost runs judges its runs."""

    lease: str


@dataclass(frozen=True, slots=True)
class LeaseEnd:
    """-> int | None: when a lease runs out, read in the partition of the task's record; None if it
    is not stored there."""

    task_id: str
    lease: str


@dataclass(frozen=True, slots=True)
class Leases:
    """-> list[tuple[str, int]]: ids of the leases that ran out before a time, and when, oldest
    first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class NewestLeases:
    """-> tuple[int, list[tuple[str, int]]]: how many leases are stored, and `limit` of them with
    when each runs out, the latest first."""

    limit: int


@dataclass(frozen=True, slots=True)
class Held:
    """-> list[str]: ids of the tasks that run under a lease."""

    lease: str
    limit: int


@dataclass(frozen=True, slots=True)
class HeldByEach:
    """-> list[tuple[int, list[str]]]: of each lease how many tasks run under it, and the ids of
    `limit` of these, the longest known first."""

    leases: tuple[str, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class ForgetLease:
    """-> None: deletes a lease that ran out before `before_ms` and holds no task."""

    lease: str
    before_ms: int


@dataclass(frozen=True, slots=True)
class CountLost:
    """-> None: adds to the count of runs that were found lost."""

    runs: int


@dataclass(frozen=True, slots=True)
class LostSoFar:
    """-> int: how many runs any process has found lost, since the store was empty."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """-> None: has the result backend asked about lost runs' tasks from a time on (ms), each its
    own; None: not any more."""

    tasks: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class ToAsk:
    """-> list[str]: ids of lost runs' tasks about which the result backend is to be asked until a
    time, the longest due first."""

    before_ms: int
    limit: int
