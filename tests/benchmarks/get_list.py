"""A page of the list at any size of the store, with any filter, and what a task takes of Redis."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from urllib.parse import urlencode

import redis

from progress_backend.embedded import EmbeddedServer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .cloned_records import SYMBOLS, TYPES, mixed
from .http_load import get, load
from .http_peers import OURS, http_services
from .processor import Spent
from .rounds import Rounds
from .row import Row

LIMIT = "index + MGET"
#: A small store and a large one, in tasks.
_SIZES, _QUICK = (1_000, 1_000_000), (200, 1_000)
_MOST_BYTES = 2_500


def measure(quick: bool) -> list[Row]:
    """The large store beside its limit, and beside the small one; and the memory of a task."""
    (small, large), requests, rounds = (_QUICK, 32, 2) if quick else (_SIZES, 160, 20)
    ours, few = f"{OURS}, {large:,} tasks", f"{OURS}, {small:,} tasks"
    with EmbeddedServer() as server, http_services(server.pid) as start:
        base = server.url.rpartition("/")[0]
        with redis.Redis.from_url(server.url) as client:
            _filled(client, f"{base}/0", small)
            taken = _filled(client, f"{base}/1", large)
        sides = {
            ours: (start(OURS, f"{base}/1"), _asked(large)),
            few: (start(OURS, f"{base}/0"), _asked(small)),
            LIMIT: (start("index_and_mget", f"{base}/1"), _asked(large)),
        }
        spent = Spent(lambda name: (sides[name][0].pid, server.pid))

        def a_round(name: str) -> Callable[[], float]:
            served, asked = sides[name]
            return lambda: spent.during(name, lambda: 1000 / load(served.port, asked, requests, 1))

        times = Rounds.of({name: a_round(name) for name in sides}, rounds)
    medians = times.medians()
    note = (
        f"{requests} requests a round over one connection, every combination of filters in turn, "
        "first pages and deep ones"
    )
    rows = [
        Row(
            what=f"GET list of 20, any filter, {large:,} tasks",
            unit="ms",
            figures={name: medians[name] for name in (ours, peer)},
            peer=peer,
            ratio=times.ratio(ours, peer),
            target=target,
            notes=(
                note,
                times.spread(ours, peer),
                f"processor time of API and store: {spent.ratio(ours, peer):.3f}×",
            ),
        )
        for peer, target in ((LIMIT, 1.4), (few, 1.2))
    ]
    memory = Row(
        what=f"bytes of Redis a task, {large:,} tasks",
        unit="bytes",
        figures={OURS: taken, "allowed": _MOST_BYTES},
        peer="allowed",
        ratio=taken / _MOST_BYTES,
        target=1.0,
        notes=("documents and all indexes: used_memory after before",),
    )
    return [*rows, memory]


def _filled(client: redis.Redis, url: str, size: int) -> float:
    """Bytes a task."""
    before = client.info("memory")["used_memory"]
    with Store(Settings(redis_url=url)) as store:
        mixed(store, size)
    return float(client.info("memory")["used_memory"] - before) / size


def _asked(size: int) -> list[bytes]:
    """One request a combination of filters, for the first page and for one in the middle."""
    paths = []
    for status, task_type, symbol in product((None, "running"), (None, TYPES[0]), SYMBOLS[:2]):
        given = {"status": status, "task_type": task_type, "symbol": symbol}
        filters = {name: value for name, value in given.items() if value is not None}
        shown = size // (4 ** ("status" in filters) * 3 ** ("task_type" in filters))
        shown //= 8 if symbol else 1
        pages = (1, max(1, shown // 40))
        paths += [urlencode({"page": page, "limit": 20, **filters}) for page in pages]
    return [get(f"/internal/tasks?{path}") for path in paths]
