"""A process that has used the library in every way, and then has children:

    python -m tests.outages.forking BROKER STORE METHOD

Parent and children (METHOD: fork, forkserver or spawn) publish and read at the same time. Prints
the ids that were published, a line each.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from typing import Any

from celery import Celery

from progress_backend import RedisProgressService
from tests.outages.app import build

EACH = 30
CHILDREN = 2
_app: Celery | None = None
_service: RedisProgressService | None = None


def use(broker: str, store: str) -> list[str]:
    """Publishes, and reads over asyncio, with what this process has or has inherited."""
    global _app, _service
    if _app is None or _service is None:
        _app, _service = build(broker, None, redis_url=store), RedisProgressService(store)
    ids = [str(_app.tasks["quick"].delay(1).id) for _ in range(EACH)]
    asyncio.run(read(_service, ids))
    return ids


async def read(service: RedisProgressService, ids: list[str]) -> None:
    bodies = await asyncio.gather(*(service.get_task_status(task_id) for task_id in ids))
    found = [body["task_id"] for body in bodies if body is not None]
    assert found == ids, f"another task's answer: {found} for {ids}"
    await service.close()


def child(urls: tuple[str, str], answers: Any) -> None:
    answers.put(use(*urls))


def main(broker: str, store: str, method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    answers = context.Queue()
    ids = use(broker, store)
    children = [
        context.Process(target=child, args=((broker, store), answers)) for _ in range(CHILDREN)
    ]
    for process in children:
        process.start()
    ids += use(broker, store)
    for _ in children:
        ids += answers.get(timeout=60)
    for process in children:
        process.join()
        assert process.exitcode == 0, process.exitcode
    ids += use(broker, store)
    print("\n".join(ids))


if __name__ == "__main__":
    main(*sys.argv[1:])
