"""Some processes on one core: to wake another core takes longer than what is measured."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def on_one_core(pids: Iterable[int]) -> Iterator[None]:
    """Keeps this process and the others there; at the end this one may go where it could before."""
    before = os.sched_getaffinity(0)
    core = {max(before)}
    for pid in (0, *pids):
        os.sched_setaffinity(pid, core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
