"""Measures what records cost in the store: python -m docs.measure_sizes [TASKS]

Makes TASKS tasks (default 100,000) on an embedded server as jobs would, in the three states that
matter, and prints the table of docs/scale.md. Takes some minutes. With fewer TASKS both
columns of memory are scaled up to 100,000, which is a little off: a server grows in steps.
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import redis

from progress_backend.embedded import EmbeddedServer
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .tables import markdown

_SYMBOLS = 3_000
_RESULTS = {"records_saved": 252, "records_skipped": 0, "success_rate": 100}


@dataclass(frozen=True)
class Kind:
    """A kind of record, and what happens to each."""

    name: str
    metadata: dict[str, str]
    events: tuple[ev.Event, ...]


def kinds() -> Iterator[Kind]:
    """Waiting, running and ended, as the demo's jobs leave them; and one with much to say."""
    small = {"period": "1y", "requester": "api_gateway"}
    started = ev.Started(
        identity=_identity(0, small), worker=Worker("celery@host/" + "0" * 32, "celery@host")
    )
    moved = tuple(
        ev.Progressed(current=current, message=f"データを処理しています... ({current}/252)")
        for current in (0, 75, 150)
    )
    ended = ev.Completed(results=_RESULTS, message="データ取得が完了しました")
    yield Kind("waiting (`created`)", small, ())
    yield Kind("`running`, with an estimate", small, (started, *moved))
    yield Kind("`completed`, with three results", small, (started, *moved, ended))
    yield Kind("the same with 2 kB of metadata", {"note": "x" * 2_000}, (started, *moved, ended))


def _identity(number: int, metadata: dict[str, str]) -> ev.Identity:
    symbol = f"{number % _SYMBOLS:04}.T"
    return ev.Identity(task_type="fetch_data", total_items=252, symbol=symbol, metadata=metadata)


def row(kind: Kind, tasks: int) -> tuple[str, ...]:
    """Makes the records on an empty server of their own and reads what they take."""
    with (
        EmbeddedServer() as server,
        Store(Settings(redis_url=server.url)) as store,
        redis.Redis.from_url(server.url) as client,
    ):
        store.ready()
        empty = client.info("memory")
        size = 0
        for number in range(tasks):
            task_id = str(uuid.uuid4())
            happened = (ev.Created(identity=_identity(number, kind.metadata)), *kind.events)
            base = None
            for second, event in enumerate(happened):
                # A second apart, so that there is a rate to estimate by.
                now = store.now() + timedelta(seconds=second)
                flow = store.flows.apply(task_id, (event,), now, base=base)
                applied = store.run(flow)
                base = applied.base
                assert applied.document is not None
                size = len(applied.document)
        full = client.info("memory")
        taken, rss = (
            (full[name] - empty[name]) * 100_000 / tasks
            for name in ("used_memory", "used_memory_rss")
        )
        rss += empty["used_memory_rss"]
    return kind.name, f"{size:,} B", f"{taken / 2**20:.0f} MiB", f"{rss / 2**20:.0f} MiB"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.measure_sizes", description="Measure what records cost in the store."
    )
    parser.add_argument("tasks", nargs="?", type=int, default=100_000, help="default: 100000")
    tasks = parser.parse_args().tasks
    head = ("100,000 records", "Document", "`used_memory`", "The server's RSS")
    print(markdown(head, [row(kind, tasks) for kind in kinds()]))


if __name__ == "__main__":
    main()
