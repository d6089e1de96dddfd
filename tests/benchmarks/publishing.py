"""Tasks published a second by one process: each has its record before its message leaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import redis
from celery import Celery, group
from celery.signals import before_task_publish

from progress_backend import events as ev
from progress_backend.embedded import EmbeddedServer
from progress_backend.exchange import packed
from progress_backend.requests import plan
from progress_backend.settings import Settings
from progress_backend.store import Store

from .jobs import make_app
from .processor import Spent
from .rounds import Rounds
from .row import Row

OURS, PEER, LIMIT = "tracked", "bare", "bare with a bare commit each"
TASK_ID = b"6ba7b810-9dad-11d1-80b4-00c04fd430c8"


def measure(quick: bool) -> list[Row]:
    """Two rows: one by one, and as groups."""
    tasks, rounds = (100, 2) if quick else (1_000, 8)
    with EmbeddedServer() as server:
        base = server.url.rpartition("/")[0]
        apps = {
            OURS: make_app(f"{base}/1", 0.0),
            PEER: make_app(f"{base}/2", None),
            LIMIT: make_app(f"{base}/3", None),
        }
        with _commits(f"{base}/3") as commit:

            def one_each(app: Celery, tasks: int) -> float:
                if app is not apps[LIMIT]:
                    return _singly(app, tasks)
                before_task_publish.connect(commit)
                try:
                    return _singly(app, tasks)
                finally:
                    before_task_publish.disconnect(commit)

            singly, single_cost = _compared(one_each, apps, tasks, rounds, server.pid)
        del apps[LIMIT]
        grouped, group_cost = _compared(_grouped, apps, tasks, rounds, server.pid)
    note = f"{tasks:,} no-op tasks a round, no worker, interval 0, Flower events off"
    return [
        Row(
            what="publish/s",
            unit="/s",
            figures=singly.medians(),
            peer=PEER,
            ratio=singly.ratio(OURS, PEER),
            target=0.7,
            stretch=0.8,
            more=True,
            notes=(
                note,
                "the bare commit's request is ready but for the id, in a process that does no "
                f"more: {singly.ratio(LIMIT, PEER):.3f}× bare",
                singly.spread(OURS, PEER),
                single_cost,
            ),
        ),
        Row(
            what="publish/s in groups of 100",
            unit="/s",
            figures=grouped.medians(),
            peer=PEER,
            ratio=grouped.ratio(OURS, PEER),
            target=0.9,
            more=True,
            notes=(note, grouped.spread(OURS, PEER), group_cost),
        ),
    ]


def _compared(
    publish: Callable[[Celery, int], float],
    apps: dict[str, Celery],
    tasks: int,
    rounds: int,
    server: int,
) -> tuple[Rounds, str]:
    spent = Spent(lambda _: (os.getpid(), server))

    def a_round(side: str) -> Callable[[], float]:
        return lambda: spent.during(side, lambda: publish(apps[side], tasks))

    measured = Rounds.of({side: a_round(side) for side in apps}, rounds)
    return measured, f"processor time of both processes: {spent.ratio(OURS, PEER):.3f}× bare"


@contextmanager
def _commits(url: str) -> Iterator[Callable[..., None]]:
    """A receiver of `before_task_publish` that does the least that begins a record: one commit,
    its request ready but for the task's id, the answer awaited."""
    with Store(Settings(redis_url=url, timezone="Asia/Tokyo")) as store:
        created = ev.Created(identity=ev.Identity(task_type="noop"))
        command = next(store.flows.apply(TASK_ID.decode(), (created,), store.now()))
        store.execute(command)
        (request,) = plan(command, store.layout).requests
    with redis.Redis.from_url(url) as client:
        connection = client.connection_pool.get_connection()

        def commit(*, headers: dict[str, Any], **_: Any) -> None:
            connection.send_packed_command((ready.replace(TASK_ID, headers["id"].encode()),))
            assert connection.read_response() == [1]

        ready = packed(request)
        yield commit


def _singly(app: Celery, tasks: int) -> float:
    noop = app.tasks["noop"]
    began = perf_counter()
    for _ in range(tasks):
        noop.delay()
    rate = tasks / (perf_counter() - began)
    _emptied(app)
    return rate


def _grouped(app: Celery, tasks: int, size: int = 100) -> float:
    noop = app.tasks["noop"]
    members = group([noop.si() for _ in range(size)], app=app)
    began = perf_counter()
    for _ in range(tasks // size):
        members.apply_async()
    rate = tasks / (perf_counter() - began)
    _emptied(app)
    return rate


def _emptied(app: Celery) -> None:
    """Rounds start alike; what was published is nobody's work."""
    with redis.Redis.from_url(app.conf.broker_url) as client:
        client.flushdb()
