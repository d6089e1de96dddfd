"""Tasks published a second by one process: each has its record before its message leaves."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import redis
from celery import Celery, group
from celery.signals import before_task_publish

from progress_backend.embedded import EmbeddedServer

from .bare_commits import bare_commits
from .jobs import make_app
from .processor import Spent, on_one_core
from .rounds import Rounds
from .row import Row

OURS, PEER, LIMIT = "tracked", "bare", "bare with a bare commit each"


def measure(quick: bool) -> list[Row]:
    """Two rows: one by one, and as groups."""
    tasks, rounds = (100, 2) if quick else (1_000, 8)
    with EmbeddedServer() as server, on_one_core([server.pid]):
        base = server.url.rpartition("/")[0]
        apps = {
            OURS: make_app(f"{base}/1", 0.0),
            PEER: make_app(f"{base}/2", None),
            LIMIT: make_app(f"{base}/3", None),
        }
        commit = bare_commits(f"{base}/3")[0]

        def committed(*, headers: dict[str, Any], **_: Any) -> None:
            commit(headers["id"])

        def one_each(app: Celery, tasks: int) -> float:
            if app is not apps[LIMIT]:
                return _singly(app, tasks)
            before_task_publish.connect(committed)
            try:
                return _singly(app, tasks)
            finally:
                before_task_publish.disconnect(committed)

        singly, single_cost = _compared(one_each, apps, tasks, rounds, server.pid)
        del apps[LIMIT]
        grouped, group_cost = _compared(_grouped, apps, tasks, rounds, server.pid)
    note = (
        f"{tasks:,} no-op tasks a round, no worker, interval 0, Flower events off; publisher and "
        "store on one core"
    )
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
                "one bare commit each, its request ready but for the id, leaves "
                f"{singly.ratio(LIMIT, PEER):.3f}× bare",
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
    """Rounds start alike; no worker receives what was published."""
    with redis.Redis.from_url(app.conf.broker_url) as client:
        client.flushdb()
