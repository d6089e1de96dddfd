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
from .http_services import OURS, Served, http_services
from .processor import Spent
from .rounds import Rounds
from .row import Row

LIMIT = "index + MGET"
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
_QUICK = (200, 1_000)
_MOST_BYTES = 2_500


def measure(quick: bool) -> list[Row]:
    """A row a size, one of the largest beside the smallest, and one of memory."""
    sizes, requests, rounds = (_QUICK, 32, 2) if quick else (_SIZES, 160, 20)
    with EmbeddedServer() as server, http_services(server.pid) as start:
        base = server.url.rpartition("/")[0]
        with redis.Redis.from_url(server.url) as client:
            taken = [_filled(client, f"{base}/{place}", n) for place, n in enumerate(sizes)]
        limit = start("index_and_mget", base)
        sides: dict[str, tuple[Served, list[bytes]]] = {}
        for place, size in enumerate(sizes):
            sides[_ours(size)] = (start(OURS, f"{base}/{place}"), _asked(size))
            sides[_limit(size)] = (limit, _asked(size, f"store={place}"))
        spent = Spent(lambda name: (sides[name][0].pid, server.pid))

        def a_round(name: str) -> Callable[[], float]:
            served, asked = sides[name]
            return lambda: spent.during(
                name, lambda: 1000 / load(served.port, asked, requests, 1).per_second
            )

        times = Rounds.of({name: a_round(name) for name in sides}, rounds)
    medians = times.medians()
    note = (
        f"{requests} requests a round over one connection, every combination of filters in turn, "
        "first pages and deep ones"
    )
    rows = [
        Row(
            what=f"GET list of 20, any filter, {size:,} tasks",
            unit="ms",
            figures={OURS: medians[_ours(size)], LIMIT: medians[_limit(size)]},
            peer=LIMIT,
            ratio=times.ratio(_ours(size), _limit(size)),
            target=1.4,
            stretch=0.8,
            plot=("list", size),
            notes=(
                note,
                times.spread(_ours(size), _limit(size)),
                "processor time of API and store: "
                f"{spent.ratio(_ours(size), _limit(size)):.3f}× {LIMIT}",
            ),
        )
        for size in sizes
    ]
    first, last = _ours(sizes[0]), _ours(sizes[-1])
    rows.append(
        Row(
            what="GET list of 20, the largest store",
            unit="ms",
            figures={name.removeprefix(f"{OURS}, "): medians[name] for name in (last, first)},
            peer=f"{sizes[0]:,} tasks",
            ratio=times.ratio(last, first),
            target=1.2,
            notes=(note, times.spread(last, first)),
        )
    )
    rows.append(
        Row(
            what=f"bytes of Redis a task, {sizes[-1]:,} tasks",
            unit="bytes",
            figures={OURS: taken[-1], "allowed": _MOST_BYTES},
            peer="allowed",
            ratio=taken[-1] / _MOST_BYTES,
            target=1.0,
            notes=(
                "documents, facets, the orders of cleanup, of ids and of ends, and all indexes: "
                "used_memory after before",
            ),
        )
    )
    return rows


def _ours(size: int) -> str:
    return f"{OURS}, {size:,} tasks"


def _limit(size: int) -> str:
    return f"{LIMIT}, {size:,} tasks"


def _filled(client: redis.Redis, url: str, size: int) -> float:
    """Bytes a task."""
    before = client.info("memory")["used_memory"]
    with Store(Settings(redis_url=url)) as store:
        mixed(store, size)
    return (client.info("memory")["used_memory"] - before) / size


def _asked(size: int, *more: str) -> list[bytes]:
    """One request a combination of filters, for the first page and for one in the middle."""
    paths = []
    for status, task_type, symbol in product((None, "running"), (None, TYPES[0]), SYMBOLS[:2]):
        given = {"status": status, "task_type": task_type, "symbol": symbol}
        filters = {name: value for name, value in given.items() if value is not None}
        shown = size // (4 ** ("status" in filters) * 3 ** ("task_type" in filters))
        shown //= 8 if symbol else 1
        for page in (1, max(1, shown // 40)):
            query = urlencode({"page": page, "limit": 20, **filters})
            paths.append(f"/internal/tasks?{'&'.join((query, *more))}")
    return [get(path) for path in paths]
