"""Reads of a task's status a second from a real process."""

from __future__ import annotations

from collections.abc import Callable

from progress_backend.embedded import EmbeddedServer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .cloned_records import running
from .http_load import get, load
from .http_peers import OURS, http_services
from .processor import Spent
from .rounds import Rounds
from .row import Row

PEER = "FastAPI hello"
_CONNECTIONS = 32
_TASKS = 1_000


def measure(quick: bool) -> list[Row]:
    """One row: requests a second."""
    requests, rounds = (1_000, 2) if quick else (10_000, 12)
    with EmbeddedServer() as server, http_services(server.pid) as start:
        with Store(Settings(redis_url=server.url)) as store:
            ids = running(store, _TASKS)
        status = [get(f"/internal/task/{task_id}/status") for task_id in ids]
        hello = [get("/hello")]
        sides = {
            OURS: (start(OURS, server.url), status),
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
            figures=rates.medians(),
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
    ]
