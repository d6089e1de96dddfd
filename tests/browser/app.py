"""The worker's job: it counts, page by page, as one that fetches prices does."""

import os
import time
from pathlib import Path
from typing import Any

from celery import Celery

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
def fetch_data(self: Any, symbol: str, total: int, seconds: float, go: str) -> dict[str, int]:
    """Counts to the total in so many seconds; at its half it waits for the file `go`."""
    notifier = ProgressNotifier(self)
    current = 0
    while current < total:
        time.sleep(seconds / total)
        current += current != total // 2 or Path(go).exists()
        notifier.update(current, total, f"データを処理しています... ({current}/{total})")
    return {"records_saved": total}
