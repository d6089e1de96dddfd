"""asyncio tasks that end: carried on until one of them does, and waited for within a bound.

`asyncio.timeout` and `asyncio.TaskGroup` wait for as long as what they cancel goes on, and a group
takes no notice of a task that somebody else has cancelled. Neither is enough for what has to go on
for as long as its process does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to. It is waited for so long at most, whatever it does then.

    Raises:
        TimeoutError: it took longer.
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
    """Carries them on side by side until one raises or is cancelled, which this does then, or until
    all have returned. The others are cancelled and waited for so many seconds at most."""
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
    """Cancels the tasks and waits for them so long at most; whether all of them have ended."""
    for task in tasks:
        _cancel(task)
    if not all(task.done() for task in tasks):
        await asyncio.wait(tasks, timeout=seconds)
    return all(task.done() for task in tasks)


def _cancel(task: asyncio.Task[Any]) -> None:
    """Once: a second time would disturb how it ends. Nobody looks at what it comes to from then
    on, so asyncio need not say that."""
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    if not task.cancelling():
        task.cancel()
