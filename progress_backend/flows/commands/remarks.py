"""The command that counts tasks with remarks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CountRemarks:
    """-> tuple[int, ...]: how many tasks have each kind of remark, as `model.KINDS` orders them."""
