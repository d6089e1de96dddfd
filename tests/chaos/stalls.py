"""Publishes to a store that pauses for 300 ms each 4 s, and chains in a worker; prints what they
came to:

python -m tests.chaos.stalls [PUBLISHES [EACH_S]]
python -m tests.chaos.stalls chains
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import redis
from celery import Celery, chain

from progress_backend import install, progress_task
from progress_backend.embedded import EmbeddedServer
from progress_backend.flows import commands as c
from progress_backend.flows.stored_record import milliseconds
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.canvases import jobs
from tests.canvases.verdict import backwards
from tests.servers import Worker

PAUSE_MS, EACH_S = 300, 4.0
#: For how long the store has answered when the records are counted.
ANSWERS_S = 1.0
#: Steps of a chain, and how long all chains take at most.
STEPS, ALL_S = 3, 300.0


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


class Chains(NamedTuple):
    """What became of chains in a worker."""

    chains: int
    pauses: int
    #: Chains that have succeeded in Celery.
    succeeded: int
    #: Chains with an end in the records, seen or left, that Celery did not have.
    wrong: int
    #: Falls of a percentage while no member was added.
    falls: int
    #: Different percentages that were seen.
    seen: int
    seconds: float


def measure_chains(number: int = 100) -> Chains:
    """Publishes chains to a worker and reads their records until a lease after the last end. A step
    waits for longer than a lease."""
    began, over, pauses = time.monotonic(), threading.Event(), [0]
    with EmbeddedServer() as broker, EmbeddedServer() as server:
        urls = broker.url, server.url
        app = jobs.build(*urls, set_as_current=True)
        env = dict(zip(("CANVASES_URL", "CANVASES_STORE_URL"), urls, strict=True))
        log = Path(tempfile.mkdtemp()) / "worker.log"
        worker = Worker("tests.canvases.jobs", log=log, concurrency=2, env=env)
        pausing = threading.Thread(target=_pause, args=(server.url, over, pauses))
        pausing.start()
        try:
            worker.start()
            ids, wrong, seen = _watch(app, server.url, number)
            succeeded = sum(app.AsyncResult(i).state == "SUCCESS" for i in ids)
        finally:
            worker.stop()
            over.set()
            pausing.join()
            app.close()
    falls = sum(len(backwards(samples)) for samples in seen.values())
    different = sum(map(len, seen.values()))
    took = time.monotonic() - began
    return Chains(len(ids), pauses[0], succeeded, len(wrong), falls, different, took)


def _watch(
    app: Celery, url: str, number: int
) -> tuple[list[str], set[str], dict[str, list[tuple[float, int]]]]:
    """Publishes chains; their ids, those with a wrong end, and the percentages of each."""
    steps = [jobs.one("works", "chain")] * STEPS
    ids, wrong, seen = list[str](), set[str](), defaultdict[str, list[tuple[float, int]]](list)
    until = time.monotonic() + ALL_S
    with Store(Settings(redis_url=url)) as store:
        while time.monotonic() < until:
            if len(ids) < number:
                ids.append(chain(*steps).apply_async().id)
            each = store.execute(c.FiguresOfEach(tuple(ids), milliseconds(store.now())))
            # Read after the records: Celery stores an end before the record has it.
            metas = app.backend.client.mget([app.backend.get_key_for_task(i) for i in ids])
            for task_id, figures, meta in zip(ids, each, metas, strict=True):
                if figures.total and seen[task_id][-1:] != [(figures.percentage, figures.total)]:
                    seen[task_id].append((figures.percentage, figures.total))
                if figures.count("error") or figures.count("cancelled"):
                    wrong.add(task_id)
                if figures.total and not figures.open and meta is None:
                    wrong.add(task_id)
            done = all(not one.open and one.count("completed") == STEPS for one in each)
            if len(ids) == number and (done or wrong.issuperset(ids)):
                until = min(until, time.monotonic() + jobs.LEASE_S)
            time.sleep(0.05)  # between two looks
    return ids, wrong | {i for i, one in zip(ids, each, strict=True) if one.open}, seen


def _noop(*_: Any) -> None:
    pass


def _pause(url: str, over: threading.Event, pauses: list[int]) -> None:
    with redis.Redis.from_url(url) as client:
        while not over.wait(EACH_S - PAUSE_MS / 1_000):
            client.execute_command("CLIENT", "PAUSE", PAUSE_MS, "ALL")
            pauses[0] += 1
            over.wait(PAUSE_MS / 1_000)


if __name__ == "__main__" and sys.argv[1:] == ["chains"]:
    print(measure_chains())
elif __name__ == "__main__":
    print(measure(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False))))
