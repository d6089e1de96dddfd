"""The jobs of `progress-backend demo`: they fetch invented prices, and two of them fail."""

# mypy: disallow-untyped-decorators=false
# Celery ships no types, so app.task is unknown to the type checker.

from __future__ import annotations

import os
import signal
import time
from typing import Any, Final

from celery import Celery, Task, chain, chord

from .tracking.decorator import progress_task
from .tracking.install import install
from .tracking.notifier import ProgressNotifier

_URL: Final = os.environ.get("PROGRESS_REDIS_URL")
_JAPANESE: Final = os.environ.get("PROGRESS_LOCALE") == "ja"
#: Seconds that the price of one day takes.
_DAY_S: Final = 0.03
#: Days after which a process that is to be killed is killed.
_KILLED_AFTER: Final = 240

app = install(Celery("progress_backend.demo_jobs", broker=_URL, backend=_URL))
app.conf.update(worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)


def _text(japanese: str, english: str) -> str:
    return japanese if _JAPANESE else english


@app.task(bind=True, name="fetch_prices")
@progress_task(symbol=lambda symbol: symbol, total_items=lambda days: days, start=True)
def fetch_prices(self: Task, symbol: str, days: int, *, killed: bool = False) -> dict[str, Any]:
    """Fetches a symbol's prices, day by day.

    Raises:
        LookupError: the symbol is "NOSUCH".
    """
    progress = ProgressNotifier(self)
    progress.log(_text(f"{symbol}：{days} 日分を取得します", f"{symbol}: {days} days to fetch"))
    progress.update(message=_text("価格を取得しています", "fetching prices"))
    for day in progress.track(range(days)):
        if symbol == "NOSUCH" and day > days // 3:
            raise LookupError(_text(f"銘柄 {symbol} はありません", f"there is no symbol {symbol}"))
        if killed and day == _KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        if day and day % 100 == 0:
            progress.log(_text(f"{day} 日目まで保存しました", f"{day} days saved"))
        time.sleep(_DAY_S)
    return {"symbol": symbol, "days": days}


@app.task(bind=True, name="write_report")
@progress_task
def write_report(self: Task, fetched: list[dict[str, Any]]) -> dict[str, Any]:
    """Writes what a workflow's members have fetched."""
    for _ in ProgressNotifier(self).track(range(60)):
        time.sleep(_DAY_S)
    return {"symbols": len(fetched), "days": sum(each["days"] for each in fetched)}


def publish_show() -> tuple[str, str]:
    """Publishes two workflows, two jobs that complete, one that fails and one that is killed.
    Returns the id of the one that fails, and of one that is long enough to cancel."""
    fetch_prices.delay("AAPL", 500)
    fetch_prices.delay("7203.T", 750, killed=True)
    failing, cancelled = fetch_prices.delay("NOSUCH", 250), fetch_prices.delay("NVDA", 900)
    fetch_prices.delay("MSFT", 400)
    chord(fetch_prices.s(each, 200) for each in ("IBM", "GOOG", "SONY", "TM"))(write_report.s())
    chain(fetch_prices.si("BABA", 100), fetch_prices.si("TSM", 100)).delay()
    return str(failing.id), str(cancelled.id)


def publish_one(number: int) -> None:
    """Publishes one job more, so that the page goes on moving."""
    symbols = ("AAPL", "MSFT", "GOOG", "IBM", "SONY", "TM")
    fetch_prices.delay(symbols[number % len(symbols)], 250)
