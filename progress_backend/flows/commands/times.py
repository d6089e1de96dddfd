"""Commands about how long tasks waited and ran."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """-> Totals: how long tasks of each type waited and ran, since the store was empty."""
