"""Commands about what happened to a task: its timeline, which commits write, and the samples of its
attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class ReadTimeline:
    """-> Timeline: what is kept of a task's past, with the samples of these attempts."""

    task_id: str
    attempts: tuple[int, ...] = ()


class Timeline(NamedTuple):
    """The newest entries of a task's timeline as they are stored, how many before them are gone,
    and the samples of each attempt that has some."""

    gone: int = 0
    entries: tuple[bytes, ...] = ()
    samples: Mapping[int, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KeepSamples:
    """-> None: keeps the samples of a run in place of its earlier ones, for `ttl_ms` at least;
    nothing where the task has no record."""

    task_id: str
    attempt: int
    points: bytes
    ttl_ms: int
