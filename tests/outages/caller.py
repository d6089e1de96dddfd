"""A process of its own that steers a task as an API would.

    python -m tests.outages.caller URL TASK NAME COUNT

A line on its standard input has it make so many updates, each with its number in the details under
its name; another line has it cancel the task. It prints what came of it.
"""

from __future__ import annotations

import asyncio
import os
import sys

from progress_backend import ConcurrentUpdate, RedisProgressService, Settings, TaskAlreadyFinished


async def update(service: RedisProgressService, task_id: str, name: str, count: int) -> str:
    done = 0
    while done < count:
        try:
            await service.update_progress(task_id, details={name: done + 1})
        except ConcurrentUpdate:
            continue  # as a caller does that is answered 409
        done += 1
    return f"updated {done}"


async def cancel(service: RedisProgressService, task_id: str) -> str:
    try:
        await service.cancel_task(task_id)
    except TaskAlreadyFinished:
        return "late"
    return "cancelled"


async def main(url: str, task_id: str, name: str, count: str) -> None:
    settings = Settings.from_sources(None, os.environ, redis_url=url)
    async with RedisProgressService(settings=settings) as service:
        await service.health_check()
        print("connected", flush=True)
        sys.stdin.readline()
        print(await update(service, task_id, name, int(count)), flush=True)
        sys.stdin.readline()
        print(await cancel(service, task_id), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
