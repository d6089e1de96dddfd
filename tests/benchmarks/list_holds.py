"""How long a query of the list holds the API's event loop at once, while it answers nothing else.
In processor time of the loop's steps, so that the machine's other processes count little."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

from progress_backend import tokens
from progress_backend.embedded import EmbeddedServer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.web import create_app
from tests.web.serving import RunningApi

from .cloned_records import mixed
from .row import Row

_ANYBODY, _BOTH = tokens.new("one", "read"), tokens.new("two", "read", "report", owner="alice")
#: Each kind of list, on its first page and far behind it.
_QUERIES = (
    *("", "limit=100&fields=all", "page=1000", "status=running&task_type=report&page=200"),
    *("owner=alice&limit=100", "warning=late", "id_prefix=ffffffff", "top=true"),
    *("top=true&limit=100&page=900", "created_from=2020-01-01T00:00:00Z&limit=100&page=500"),
    *(
        "sort=running&limit=100",
        "sort=running&limit=100&page=250",
        "sort=running&limit=100&page=600",
    ),
    *("sort=ended&limit=100", "sort=ended&limit=100&page=400", "sort=ended&status=error&page=900"),
)
_LOOKED_THROUGH = "limit=100", "status=running", "symbol=7203.T", "id_prefix=ffffffff"
_ASKED = {
    **{f"?{query}": (_ANYBODY, query) for query in _QUERIES},
    **{f"?{query} of a token": (_BOTH, query) for query in _LOOKED_THROUGH},
}
_ALLOWED = "allowed"
_ALLOWED_MS = 5.0


def measure(quick: bool) -> list[Row]:
    """One row: the query that holds the loop longest; of each the shortest of some tries."""
    count, tries = (1_000, 1) if quick else (100_000, 7)
    lines = tuple(token.line() for _, token in (_ANYBODY, _BOTH))
    with EmbeddedServer() as server, _timed() as steps:
        settings = Settings(redis_url=server.url, tokens=lines)
        with Store(settings) as store:
            mixed(store, count)
        api = RunningApi(create_app(settings), loop="asyncio").start()
        longest: dict[str, float] = {}
        for name, ((text, _), query) in _ASKED.items():
            for _ in range(tries):
                steps.clear()
                headers = {"Authorization": f"Bearer {text}"}
                api.http.get(f"/internal/tasks?{query}", headers=headers).raise_for_status()
                longest[name] = min(longest.get(name, 1e9), 1000 * max(steps))
        api.stop()
    worst = sorted(longest.items(), key=lambda one: -one[1])
    name, ms = worst[0]
    figures = {name: ms, _ALLOWED: _ALLOWED_MS}
    what = f"longest step of the API's loop, any list, {count:,} tasks"
    others = "; ".join(f"{name} {ms:.1f} ms" for name, ms in worst[1:4])
    return [Row(what, "ms", figures, _ALLOWED, ms / _ALLOWED_MS, 1.0, notes=(f"then {others}",))]


@contextmanager
def _timed() -> Iterator[list[float]]:
    """The seconds of each step of any event loop."""
    steps: list[float] = []
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began = thread_time()
        run(handle)
        steps.append(thread_time() - began)

    asyncio.Handle._run = timed
    try:
        yield steps
    finally:
        asyncio.Handle._run = run
