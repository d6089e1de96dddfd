"""Commands about the logs of tasks: their newest lines, each with its number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class AddToLog:
    """-> bool: adds lines to a task's log, whose oldest ones go beyond its bound; nothing where the
    task has no record. False where the store's user may not write logs. `lost` lines before them
    had no room: their numbers are left out."""

    task_id: str
    lines: tuple[bytes, ...]
    ttl_ms: int
    lost: int = 0


@dataclass(frozen=True, slots=True)
class ReadLog:
    """-> LogPart: the lines of a task's log after a number, `limit` at most; the newest ones for
    None."""

    task_id: str
    after: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class NewestLines:
    """-> list[int | None]: the number of the newest line of each task's log; None of one that has
    none."""

    task_ids: tuple[str, ...]


class LogPart(NamedTuple):
    """Lines of a log, each with its number; and the numbers of the oldest and the newest that are
    kept, None where none is."""

    lines: tuple[tuple[int, bytes], ...]
    first: int | None
    last: int | None
