"""Processor time beside wall time: what a busy machine cannot blur; and who runs on which core."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil


def spent_ns(pid: int) -> int:
    """Processor time of a process's first thread; of a server that is the one that serves."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


@contextmanager
def on_one_core(pids: Iterable[int]) -> Iterator[None]:
    """Keeps this process and the others on one core, since to wake another one takes longer than
    what is measured; at the end this one may go where it could before."""
    before = os.sched_getaffinity(0)
    core = {max(before)}
    for pid in (0, *pids):
        os.sched_setaffinity(pid, core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


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
