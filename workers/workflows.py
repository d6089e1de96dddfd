"""Workflows of jobs, each one bar and one status: fetches and a merge of their results, an import
in three steps, and a job that starts others."""

# mypy: disallow-untyped-decorators=false
# Celery ships no types, so app.task is unknown to the type checker.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from celery import Task, chain, chord, group
from celery.canvas import Signature

from progress_backend import ProgressNotifier, progress_task

from .app import app
from .database import PriceDatabase
from .importing import Tally, percent
from .price_row import BadRow, PriceRow, check_row
from .prices import PriceClient
from .tasks import PRICES_DB_URL, PRICES_URL, days_expected, fetch_data


def fetch_and_merge(symbols: Sequence[str], periods: Sequence[str]) -> Signature:
    """Fetches each symbol in each period side by side, then merges what was saved."""
    fetches = [fetch_data.s(symbol, period) for symbol in symbols for period in periods]
    return chord(fetches, merge_results.s())


def import_in_steps(symbol: str, period: str = "1y") -> Signature:
    """Downloads a symbol's prices, checks them and saves them, a step after the other."""
    return chain(download_prices.s(symbol, period), check_prices.s(symbol), save_prices.s(symbol))


def fetch_all(period: str = "1mo") -> Signature:
    """Asks the source for its symbols, then fetches each."""
    return chain(find_symbols.s(), fetch_each.s(period))


@app.task(name="merge_results")
@progress_task
def merge_results(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Adds up what several fetches have saved."""
    saved, skipped = (
        sum(result[name] for result in results) for name in ("records_saved", "records_skipped")
    )
    return {"fetches": len(results), "records_saved": saved, "records_skipped": skipped}


@app.task(bind=True, name="download_prices")
@progress_task(symbol=lambda symbol: symbol, total_items=days_expected, results=False)
def download_prices(self: Task, symbol: str, period: str) -> list[Any]:
    """Downloads a symbol's rows, unchecked.

    Raises:
        ValueError: the period is not one of TRADING_DAYS.
        PriceSourceError: the symbol is unknown, or the source gives no usable answer.
    """
    progress, rows = ProgressNotifier(self), list[Any]()
    with PriceClient(PRICES_URL) as client:
        for page in client.pages(symbol, period):
            rows += page.rows
            progress.update(len(rows), page.total)
    return rows


@app.task(bind=True, name="check_prices")
@progress_task(symbol=lambda symbol: symbol, total_items=len, results=False)
def check_prices(self: Task, rows: list[Any], symbol: str) -> dict[str, Any]:
    """Counts the bad rows and leaves them out."""
    tally, good = Tally(total=len(rows)), list[Any]()
    for row in ProgressNotifier(self).track(rows):
        try:
            check_row(row)
        except BadRow as bad:
            tally.refuse(str(bad))
        else:
            good.append(row)
    return {"rows": good, "bad": tally.bad}


@app.task(bind=True, name="save_prices")
@progress_task(symbol=lambda symbol: symbol)
def save_prices(self: Task, checked: dict[str, Any], symbol: str) -> dict[str, Any]:
    """Saves the checked rows."""
    rows: list[PriceRow] = [check_row(row) for row in checked["rows"]]
    with PriceDatabase(PRICES_DB_URL) as database:
        saved = database.save(symbol, rows)
    skipped = len(rows) - saved + checked["bad"]
    done = len(rows) + checked["bad"]
    return {
        "records_saved": saved,
        "records_skipped": skipped,
        "success_rate": percent(len(rows), done),
    }


@app.task(name="find_symbols")
@progress_task
def find_symbols() -> list[str]:
    """Asks the source for its symbols.

    Raises:
        PriceSourceError: it gives no usable answer.
    """
    with PriceClient(PRICES_URL) as client:
        return client.symbols()


@app.task(name="fetch_each")
@progress_task
def fetch_each(symbols: list[str], period: str) -> dict[str, Any]:
    """Publishes a fetch for each symbol; they join the workflow that this task is part of."""
    result = group(fetch_data.s(symbol, period) for symbol in symbols).apply_async()
    return {"fetches": len(result.results)}
