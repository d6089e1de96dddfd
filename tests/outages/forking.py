"""A process that has used the library in every way, and then has a child:

    python -m tests.outages.forking BROKER STORE

Both publish and read at the same time. Prints the ids that were published, a line each.
"""

import asyncio
import multiprocessing
import sys

from celery import Celery

from progress_backend import RedisProgressService
from progress_backend.runs import writer
from tests.outages.app import build
from tests.waiting import PATIENCE_S

EACH = 30


def use(app: Celery, service: RedisProgressService) -> None:
    """Publishes, and reads over asyncio, with what this process has or has inherited."""
    ids = [str(app.tasks["quick"].delay(1).id) for _ in range(EACH)]
    asyncio.run(read(service, ids))
    print("\n".join(ids), flush=True)


async def read(service: RedisProgressService, ids: list[str]) -> None:
    bodies = await asyncio.gather(*(service.get_task_status(task_id) for task_id in ids))
    found = [body["task_id"] for body in bodies if body is not None]
    assert found == ids, f"another task's answer: {found} for {ids}"
    await service.close()


def main(broker: str, store: str) -> None:
    writer.JOB_WAIT_S = PATIENCE_S  # each publish has its record at once, on a busy machine too
    app, service = build(broker, None, redis_url=store), RedisProgressService(store)
    use(app, service)
    child = multiprocessing.get_context("fork").Process(target=use, args=(app, service))
    child.start()
    use(app, service)
    child.join()
    assert child.exitcode == 0, child.exitcode
    use(app, service)


if __name__ == "__main__":
    main(*sys.argv[1:])
