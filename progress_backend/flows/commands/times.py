"""Commands about how long tasks waited and ran."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """-> Totals: how long tasks of each type waited and ran, since the store was empty."""


@dataclass(frozen=True, slots=True)
class Unused:
    """-> list[str]: those of the types of which no record and no past run is stored."""

    task_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForgetTimes:
    """-> None: drops the totals of these types."""

    task_types: tuple[str, ...]
