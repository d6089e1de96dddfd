"""Commands about remarks: the order in which open tasks are looked at, and how many have any."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FindOpen:
    """-> int: has open tasks looked at for remarks from `at_ms` on: those created up to a time that
    no call has found yet, about `limit` of them; how many they are, in the partition with most."""

    until_us: int
    limit: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class LookAt:
    """-> None: has tasks looked at for remarks from a time on (ms), each its own; None: not any
    more. `sooner`: those that were to be looked at before that are."""

    checks: tuple[tuple[str, int | None], ...]
    sooner: bool = False


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """-> list[str]: ids of tasks that are to be looked at until a time, the longest due first."""

    before_ms: int
    limit: int


@dataclass(frozen=True, slots=True)
class CountRemarks:
    """-> tuple[int, ...]: how many tasks have each kind of remark, as `model.KINDS` orders them."""
