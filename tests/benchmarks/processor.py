"""Processor time beside wall time: what a busy machine cannot blur."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from statistics import median

import psutil


class Spent:
    """Processor seconds of some processes and their children (of this process: itself alone)."""

    def __init__(self, pids: Callable[[str], Iterable[int]]) -> None:
        """`pids` names the processes that work for a side."""
        self._pids = pids
        self._figures: dict[str, list[float]] = {}

    def during(self, side: str, work: Callable[[], float]) -> float:
        """Does the work and returns what it returns."""
        before = self._now(side)
        figure = work()
        self._figures.setdefault(side, []).append(self._now(side) - before)
        return figure

    def ratio(self, ours: str, peer: str, *, warm_up: int = 1) -> float:
        """The median of the rounds' ratios, the first rounds left out."""
        pairs = list(zip(self._figures[ours], self._figures[peer], strict=True))[warm_up:]
        return median(mine / theirs for mine, theirs in pairs)

    def _now(self, side: str) -> float:
        total = 0.0
        for pid in self._pids(side):
            process = psutil.Process(pid)
            children = [] if pid == os.getpid() else process.children(recursive=True)
            for one in (process, *children):
                times = one.cpu_times()
                total += times.user + times.system
        return total
