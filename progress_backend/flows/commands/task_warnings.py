"""The command that counts tasks with warnings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CountWarnings:
    """-> tuple[int, ...]: how many tasks have each kind of warning, in the order of `KINDS`."""
