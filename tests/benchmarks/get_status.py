"""Reads of a task's status a second from a real process."""

from collections.abc import Callable

from progress_backend.embedded import EmbeddedServer
from progress_backend.record import events as ev
from progress_backend.record.model import replace
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .cloned_records import running
from .http_load import get, load
from .http_peers import OURS, http_services
from .processor import Spent
from .rounds import Rounds
from .row import Row

PEER = "FastAPI hello"
CREATED = "ours, created tasks"
_CONNECTIONS = 32
_TASKS = 1_000


def measure(quick: bool) -> list[Row]:
    """Two rows: requests a second of running and of created tasks."""
    requests, rounds = (1_000, 2) if quick else (10_000, 12)
    with EmbeddedServer() as server, http_services(server.pid) as start:
        with Store(Settings(redis_url=server.url)) as store:
            ids, waiting = running(store, _TASKS), created_tasks(store, _TASKS)
        created = [get(f"/internal/task/{task_id}/status") for task_id in waiting]
        status = [get(f"/internal/task/{task_id}/status") for task_id in ids]
        hello = [get("/hello")]
        sides = {
            OURS: (start(OURS, server.url), status),
            CREATED: (start(OURS, server.url), created),
            PEER: (start("hello", server.url), hello),
        }
        spent = Spent(lambda name: (sides[name][0].pid,))

        def a_round(name: str) -> Callable[[], float]:
            served, asked = sides[name]
            return lambda: spent.during(
                name, lambda: load(served.port, asked, requests, _CONNECTIONS)
            )

        rates = Rounds.of({name: a_round(name) for name in sides}, rounds)
    note = f"{requests:,} requests a round, one process on one core; load and store on the other"
    return [
        Row(
            what="GET status, 1,000 tasks in turn, 32 connections",
            unit="/s",
            figures={name: rates.medians()[name] for name in (OURS, PEER)},
            peer=PEER,
            ratio=rates.ratio(OURS, PEER),
            target=1.5,
            stretch=2.0,
            more=True,
            notes=(
                note,
                rates.spread(OURS, PEER),
                f"processor time of the serving process: {spent.ratio(OURS, PEER):.3f}× hello",
            ),
        ),
        Row(
            what="GET status, 1,000 tasks that are only created, 32 connections",
            unit="/s",
            figures={name: rates.medians()[name] for name in (CREATED, PEER)},
            peer=PEER,
            ratio=rates.ratio(CREATED, PEER),
            target=1.5,
            more=True,
            notes=(note, rates.spread(CREATED, PEER)),
        ),
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
