"""Shares a worker's shutdown with all processes of its pool, by one byte of memory that they share
since the fork: Celery signals only the main process."""

from __future__ import annotations

import mmap

_begun = mmap.mmap(-1, 1)


def worker_begins() -> None:
    """Called before the worker's pool is made."""
    global _begun
    _begun = mmap.mmap(-1, 1)  # a worker that ran in this process before is over


def begin() -> None:
    """Marks for the processes of this worker that it shuts down."""
    _begun[0] = 1


def begun() -> bool:
    """Whether the worker that this process belongs to shuts down."""
    return _begun[0] == 1
