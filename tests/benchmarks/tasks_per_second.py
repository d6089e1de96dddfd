"""No-op tasks a second of a prefork worker with two processes, results in Redis."""

from collections.abc import Callable, Sequence
from time import monotonic, sleep

import redis
from celery import Celery

from progress_backend.embedded import EmbeddedServer
from tests.servers import Worker
from tests.waiting import eventually

from .bare_commits import bare_commits
from .jobs import make_app, workers
from .processor import Spent
from .rounds import Rounds
from .row import Row

OURS, PEER, LIMIT = "tracked", "bare", "bare with two bare commits each"
_POLL_S = 0.005
#: As many as two processes can have taken ahead of each other.
_LAST = 16
_DEADLINE_S = 120.0


def measure(quick: bool) -> list[Row]:
    """One row."""
    tasks, rounds = (200, 2) if quick else (2_000, 8)
    with EmbeddedServer() as server, workers() as start:
        base = server.url.rpartition("/")[0]

        def side(name: str, number: int) -> tuple[Celery, Worker, redis.Redis]:
            url, interval_s = f"{base}/{number}", 0.0 if name == OURS else None
            worker = start(url, interval_s, 2, "committed" if name == LIMIT else "app")
            return make_app(url, interval_s), worker, redis.Redis.from_url(url)

        sides = {name: side(name, number) for number, name in enumerate((OURS, PEER, LIMIT), 1)}
        spent = Spent(lambda name: (sides[name][1].pid, server.pid))

        def a_round(name: str) -> Callable[[], float]:
            return lambda: _rate(*sides[name], tasks, spent, name)

        measured = Rounds.of({name: a_round(name) for name in sides}, rounds)
        for _, _, client in sides.values():
            client.close()
    return [
        Row(
            what="no-op tasks/s, prefork with two processes",
            unit="/s",
            figures=measured.medians(),
            peer=PEER,
            ratio=measured.ratio(OURS, PEER),
            target=0.87,
            stretch=0.93,
            more=True,
            notes=(
                f"{tasks:,} tasks that wait in the queue, interval 0, Flower events off",
                "a bare commit of each start and end, its request ready but for the id, leaves "
                f"{measured.ratio(LIMIT, PEER):.3f}× bare",
                measured.spread(OURS, PEER),
                f"processor time of worker and server: {spent.ratio(OURS, PEER):.3f}× bare",
            ),
        )
    ]


def _rate(
    app: Celery, worker: Worker, client: redis.Redis, tasks: int, spent: Spent, side: str
) -> float:
    """Tasks a second."""
    control = {"destination": [worker.nodename], "reply": True, "timeout": 10}
    queue = app.conf.task_default_queue
    app.control.cancel_consumer(queue, **control)
    noop = app.tasks["noop"]
    ids = [noop.delay().id for _ in range(tasks)]
    if side == LIMIT:
        create, _, _ = bare_commits(app.conf.broker_url)
        for task_id in ids:
            create(task_id)
    results = [app.backend.get_key_for_task(task_id) for task_id in ids]

    def work() -> float:
        app.control.add_consumer(queue, **control)
        return _watched(client, worker, results)

    rate = spent.during(side, work)
    if side != PEER:
        _assert_records(client, ids)
    return rate


def _watched(client: redis.Redis, worker: Worker, results: Sequence[bytes]) -> float:
    """Results a second, from the first to the last.

    It asks for few keys at a time: what it costs, the worker cannot have.
    """
    deadline = monotonic() + _DEADLINE_S

    def seen(keys: Sequence[bytes]) -> float:
        while client.exists(*keys) < len(keys):
            if monotonic() > deadline:
                raise RuntimeError(f"not all of {len(results)} tasks ended:\n{worker.log[-2_000:]}")
            sleep(_POLL_S)
        return monotonic()

    began_at = seen(results[:1])
    # They end nearly in their order; the last of all is among the last few, or looked for after.
    seen(results[-_LAST:])
    return (len(results) - 1) / (seen(results) - began_at)


def _assert_records(client: redis.Redis, ids: Sequence[str]) -> None:
    """Every task has its record, and every record its end."""

    def ended() -> bool:
        documents = client.mget([f"task:{task_id}" for task_id in ids])
        return all(b'"status":"completed"' in (document or b"") for document in documents)

    eventually(ended, what="every record is completed")
