"""The worker's jobs: they count, page by page, as one that fetches prices does."""

from __future__ import annotations

import os
import time
from typing import Any

from celery import Celery, chord

from progress_backend import ProgressNotifier, install, progress_task

app = Celery("browser", set_as_current=False)
app.conf.update(
    broker_url=os.environ.get("CELERY_BROKER_URL"),
    result_backend=os.environ.get("CELERY_RESULT_BACKEND"),
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
)
install(app)


@app.task(bind=True)
@progress_task(
    task_type="fetch_data", symbol=lambda symbol: symbol, total_items=lambda total: total
)
def fetch_data(self: Any, symbol: str, total: int | None, seconds: float) -> dict[str, int]:
    """Counts to the total (252 if it is unknown) in so many seconds."""
    notifier = ProgressNotifier(self)
    items = total or 252
    for current in range(1, items + 1):
        time.sleep(seconds / items)
        notifier.update(current, total, f"データを処理しています... ({current}/{items})")
    return {"records_saved": items}


@app.task(bind=True)
@progress_task(task_type="hold", symbol=lambda symbol: symbol)
def hold(self: Any, symbol: str, until: str) -> dict[str, int]:
    """Counts on until a file is there, for two minutes at most."""
    notifier, current = ProgressNotifier(self), 0
    while not os.path.exists(until) and current < 1_200:
        current += 1
        time.sleep(0.1)
        notifier.update(current, 1_200, f"{current} tenths of a second")
    return {"records_saved": current}


@app.task
@progress_task(task_type="merge")
def merge(results: list[dict[str, int]]) -> int:
    """Adds up what several fetches have saved."""
    return sum(result["records_saved"] for result in results)


@app.task
def fetch_several(symbols: list[str], seconds: float) -> str:
    """Fetches each symbol, then merges; the id of it all."""
    fetches = [fetch_data.s(symbol, 50, seconds) for symbol in symbols]
    return str(chord(fetches)(merge.s()).id)


@app.task
def hold_then_merge(symbol: str, until: str) -> str:
    """A workflow of one that counts on until a file is there; its id."""
    return str(chord([hold.s(symbol, until)])(merge.s()).id)


@app.task(bind=True)
@progress_task(task_type="bulk_import", symbol=lambda symbol: symbol)
def fail(self: Any, symbol: str) -> None:
    """Fails half way."""
    ProgressNotifier(self).update(60, 120, "60 of 120 symbols imported")
    raise ConnectionError("price source did not answer within 30 s (tried 3 times)")
