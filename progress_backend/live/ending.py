"""Helpers for asyncio tasks: run several until one ends, and wait for their end within a bound.

`asyncio.timeout` and `asyncio.TaskGroup` wait without a bound for tasks that they cancel, and a
group does not notice a task that was cancelled from outside. The listener has to go on for as long
as its process does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, waited for at most so long, even where it ignores its
    cancellation.

    Raises:
        TimeoutError: the coroutine took longer.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        _cancel(task)
    if not task.done():
        raise TimeoutError(f"it took longer than {seconds:g} s")
    return task.result()


async def until_one_ends(seconds: float, *works: Coroutine[Any, Any, None]) -> None:
    """Runs coroutines side by side until one raises or is cancelled, which is raised here, or until
    all have returned. The others are then cancelled and waited for, at most so long."""
    tasks = [asyncio.create_task(work) for work in works]
    going: set[asyncio.Task[None]] = set(tasks)
    try:
        while going:
            over, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            for task in over:
                task.result()
    finally:
        await ended(seconds, *tasks)


async def ended(seconds: float, *tasks: asyncio.Task[Any]) -> bool:
    """Cancels tasks and waits for them, at most so long; whether all of them have ended."""
    for task in tasks:
        _cancel(task)
    if not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=seconds)
    return all(task.done() for task in tasks)


def _cancel(task: asyncio.Task[Any]) -> None:
    """Cancels a task once: a second cancel would disturb its cleanup. Its exception is read here,
    so that asyncio does not log it."""
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    if not task.cancelling():
        task.cancel()
