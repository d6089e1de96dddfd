"""Publishes to a store that pauses for 300 ms each 4 s; prints what they came to:

python -m tests.chaos.stalls [PUBLISHES [EACH_S]]
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, NamedTuple

import redis
from celery import Celery

from progress_backend import install, progress_task
from progress_backend.embedded import EmbeddedServer

PAUSE_MS, EACH_S = 300, 4.0
#: For how long the store has answered when the records are counted.
ANSWERS_S = 1.0


class Stalled(NamedTuple):
    """What became of the publishes; times in milliseconds."""

    publishes: int
    pauses: int
    #: Ids without a record.
    missing: int
    median: float
    p99: float
    longest: float
    #: Sum of what all publishes took.
    all: float


def measure(publishes: int = 1_000, each_s: float = 0.01) -> Stalled:
    """Publishes single tasks, one each `each_s`; the broker is in memory."""
    with EmbeddedServer() as server, redis.Redis.from_url(server.url) as client:
        app = Celery("stalls", broker="memory://", set_as_current=False)
        install(app, redis_url=server.url)
        task = app.task(name="noop", shared=False)(progress_task(_noop))
        task.delay()
        over, pauses = threading.Event(), [0]
        pausing = threading.Thread(target=_pause, args=(server.url, over, pauses))
        pausing.start()
        took, ids = list[float](), list[str]()
        due = time.monotonic()
        for number in range(publishes):
            due += each_s
            time.sleep(max(due - time.monotonic(), 0))
            began = time.perf_counter()
            ids.append(task.apply_async(task_id=f"t{number}").id)
            took.append(1_000 * (time.perf_counter() - began))
        over.set()
        pausing.join()
        client.ping()
        time.sleep(ANSWERS_S)
        missing = sum(record is None for record in client.mget([f"task:{i}" for i in ids]))
        app.close()
    took.sort()
    at = [took[int(share * (publishes - 1))] for share in (0.5, 0.99, 1)]
    return Stalled(publishes, pauses[0], missing, *at, sum(took))


def _noop(*_: Any) -> None:
    pass


def _pause(url: str, over: threading.Event, pauses: list[int]) -> None:
    with redis.Redis.from_url(url) as client:
        while not over.wait(EACH_S - PAUSE_MS / 1_000):
            client.execute_command("CLIENT", "PAUSE", PAUSE_MS, "ALL")
            pauses[0] += 1
            over.wait(PAUSE_MS / 1_000)


if __name__ == "__main__":
    print(measure(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False))))
