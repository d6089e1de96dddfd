"""Measures what records cost in the store: python -m docs.measure_sizes [TASKS]

Makes TASKS tasks (default 100,000) on an embedded server as jobs would, in the three states that
matter, and prints the table of docs/scale.md. Takes some minutes. With fewer TASKS both
columns of memory are scaled up to 100,000, which is a little off: a server grows in steps.
"""

import sys
import uuid
from datetime import timedelta
from typing import Final

import redis

from progress_backend.embedded import EmbeddedServer
from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .tables import markdown

_SMALL: Final = {"period": "1y", "requester": "api_gateway"}
_BEGUN: Final = (
    ev.Started(
        identity=ev.Identity(task_type="fetch_data"),
        worker=Worker("celery@host/" + "0" * 32, "celery@host"),
    ),
    *(
        ev.Progressed(current=current, message=f"データを処理しています... ({current}/252)")
        for current in (0, 75, 150)
    ),
)
_ENDED: Final = ev.Completed(
    results={"records_saved": 252, "records_skipped": 0, "success_rate": 100},
    message="データ取得が完了しました",
)
#: A kind of record -> its metadata, and what happens to each, as the demo's jobs leave them.
_KINDS: Final[dict[str, tuple[dict[str, str], tuple[ev.Event, ...]]]] = {
    "waiting (`created`)": (_SMALL, ()),
    "`running`, with an estimate": (_SMALL, _BEGUN),
    "`completed`, with three results": (_SMALL, (*_BEGUN, _ENDED)),
    "the same with 2 kB of metadata": ({"note": "x" * 2_000}, (*_BEGUN, _ENDED)),
}


def row(kind: str, tasks: int) -> tuple[str, ...]:
    """Makes the records on an empty server of their own and reads what they take."""
    metadata, happened = _KINDS[kind]
    with (
        EmbeddedServer() as server,
        Store(Settings(redis_url=server.url)) as store,
        redis.Redis.from_url(server.url) as client,
    ):
        store.ready()
        empty = client.info("memory")
        size = 0
        for number in range(tasks):
            task_id, base, symbol = str(uuid.uuid4()), None, f"{number % 3_000:04}.T"
            made = ev.Created(identity=ev.Identity("fetch_data", 252, symbol, metadata))
            for second, event in enumerate((made, *happened)):
                # A second apart, so that there is a rate to estimate by.
                now = store.now() + timedelta(seconds=second)
                applied = store.run(store.flows.apply(task_id, (event,), now, base=base))
                base = applied.base
                size = len(applied.document or "")
        full = client.info("memory")
    taken, rss = (
        (full[name] - empty[name]) * 100_000 / tasks for name in ("used_memory", "used_memory_rss")
    )
    rss += empty["used_memory_rss"]
    return kind, f"{size:,} B", f"{taken / 2**20:.0f} MiB", f"{rss / 2**20:.0f} MiB"


if __name__ == "__main__":
    tasks = int("".join(sys.argv[1:]) or 100_000)
    head = ("100,000 records", "Document", "`used_memory`", "The server's RSS")
    print(markdown(head, [row(kind, tasks) for kind in _KINDS]))
