"""Reads of a task's status a second from a real process."""

from collections.abc import Callable
from itertools import cycle, islice

from progress_backend.embedded import EmbeddedServer
from progress_backend.record import events as ev
from progress_backend.record.model import replace
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .cloned_records import running
from .http_load import get, load
from .http_peers import OURS, celerys_results, http_services
from .processor import Spent
from .rounds import Rounds
from .row import Row

HELLO, USER, RESULT = "FastAPI hello", "redis.asyncio + response_model", "AsyncResult"
NEW, QUEUED, QUEUED_NEW = "new documents", "queued", "queued, new documents"
_CONNECTIONS = 32
#: Tasks in turn: fewer than the API keeps parsed, and so many that it keeps none until its next
#: read.
_SAME, _MANY = 1_000, 10_000
#: Figure, its peer, what is wanted.
_ROWS = (
    ("running", OURS, HELLO, 1.3),
    ("running, a new document at each read", NEW, HELLO, 1.1),
    ("running, a new document at each read", NEW, USER, 3.0),
    ("running, a new document at each read", NEW, RESULT, 5.0),
    ("queued", QUEUED, HELLO, 1.3),
    ("queued, a new document at each read", QUEUED_NEW, HELLO, 1.1),
)


def measure(quick: bool) -> list[Row]:
    """Requests a second: the same documents again and new ones, of running and queued tasks, beside
    the least that FastAPI can answer, what a user would write, and Celery's own result."""
    requests, rounds = (1_000, 2) if quick else (10_000, 12)
    with EmbeddedServer() as server, http_services(server.pid) as start:
        with Store(Settings(redis_url=server.url)) as store:
            ids, waiting = running(store, _MANY), created_tasks(store, _MANY)
        celerys_results(server.url, ids[:_SAME])
        asked = {
            OURS: ids[:_SAME],
            NEW: ids,
            QUEUED: waiting[:_SAME],
            QUEUED_NEW: waiting,
            USER: ids,
            RESULT: ids[:_SAME],
        }
        ours = start(OURS, server.url)
        peers = {name: start(name, server.url) for name in (HELLO, USER, RESULT)}
        sides = {
            name: (peers.get(name, ours), [get(f"/internal/task/{one}/status") for one in some])
            for name, some in asked.items()
        }
        sides[HELLO] = peers[HELLO], [get("/hello")]
        spent = Spent(lambda name: (sides[name][0].pid,))

        def a_round(name: str) -> Callable[[], float]:
            served, paths = sides[name]
            turn = cycle(paths)  # a round goes on where the last one ended
            return lambda: spent.during(
                name, lambda: load(served.port, [*islice(turn, requests)], requests, _CONNECTIONS)
            )

        rates = Rounds.of({name: a_round(name) for name in sides}, rounds)
    note = f"{requests:,} requests a round, one process on one core; load and store on the other"
    return [
        Row(
            what=f"GET status, {what}, {_CONNECTIONS} connections",
            unit="/s",
            figures={one: rates.medians()[one] for one in (name, peer)},
            peer=peer,
            ratio=rates.ratio(name, peer),
            target=target,
            more=True,
            notes=(
                note,
                rates.spread(name, peer),
                f"processor time of the serving process: {spent.ratio(name, peer):.3f}×",
            ),
        )
        for what, name, peer, target in _ROWS
    ]


def created_tasks(store: Store, count: int) -> list[str]:
    """Ids of tasks that have not started, of a type with a known rate: each has an estimate."""
    about = ev.Identity(task_type="fetch_data", total_items=252, symbol="7203.T")
    done = store.run(store.flows.apply("done", (ev.Created(identity=about),), store.now()))
    begun = store.run(
        store.flows.apply("done", (ev.Started(identity=about),), store.now(), base=done.base)
    )
    task = replace(begun.task, rate=10.0)
    ended = (ev.Completed(),)
    store.run(store.flows.apply("done", ended, store.now(), base=begun.base._replace(task=task)))
    ids = [f"created-{number}" for number in range(count)]
    for task_id in ids:
        store.run(store.flows.apply(task_id, (ev.Created(identity=about),), store.now()))
    return ids
