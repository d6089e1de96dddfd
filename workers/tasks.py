"""The jobs: daily prices of one symbol, and of many."""

# mypy: disallow-untyped-decorators=false
# Celery ships no types, so app.task is unknown to the type checker.

from __future__ import annotations

import os
from typing import Any, Final

from celery import Task

from progress_backend import ProgressNotifier, progress_task

from .app import app
from .database import PriceDatabase
from .importing import SYMBOLS_LISTED, Tally, bulk_results, import_prices
from .prices import TRADING_DAYS, PriceClient, PriceSourceError, check_period

PRICES_URL: Final = os.environ.get("PRICES_URL") or "http://127.0.0.1:8010"
PRICES_DB_URL: Final = os.environ.get("PRICES_DB_URL") or "sqlite:///prices.db"


def days_expected(period: str) -> int | None:
    """The estimated total until the first page has the real one."""
    return TRADING_DAYS.get(period)


@app.task(bind=True, name="fetch_data")
@progress_task(
    task_type="fetch_data",
    symbol=lambda symbol: symbol,
    total_items=days_expected,
    metadata=lambda period: {"period": period},
)
def fetch_data(self: Task, symbol: str, period: str = "1y") -> dict[str, Any]:
    """Downloads a symbol's daily prices and saves them.

    Raises:
        ValueError: the period is not one of TRADING_DAYS.
        PriceSourceError: the symbol is unknown, or the source gives no usable answer.
    """
    progress = ProgressNotifier(self)
    tally = Tally()
    with PriceClient(PRICES_URL) as client, PriceDatabase(PRICES_DB_URL) as database:
        for tally in import_prices(client, database, symbol, period):
            progress.update(tally.done, tally.total)
    progress.complete(tally.results())
    return tally.results()


@app.task(bind=True, name="bulk_import")
@progress_task(
    task_type="bulk_import",
    total_items=lambda symbols: len(set(symbols)),
    metadata=lambda symbols, period: {"period": period, "symbols": symbols[:SYMBOLS_LISTED]},
)
def bulk_import(self: Task, symbols: list[str], period: str = "1y") -> dict[str, Any]:
    """Does the same for many symbols; one that fails is reported and does not end the job.

    Raises:
        ValueError: the period is not one of TRADING_DAYS, or there is no symbol.
        PriceSourceError: not one symbol could be imported.
    """
    check_period(period)
    wanted = list(dict.fromkeys(symbols))
    if not wanted:
        raise ValueError("symbols is empty; give at least one, such as ['AAPL', 'IBM']")
    progress = ProgressNotifier(self)
    tallies: dict[str, Tally] = {}
    failures: dict[str, str] = {}
    with PriceClient(PRICES_URL) as client, PriceDatabase(PRICES_DB_URL) as database:
        for done, symbol in enumerate(wanted):
            progress.update(done, len(wanted), phase=symbol)
            try:
                for tally in import_prices(client, database, symbol, period):
                    tallies[symbol] = tally
                    records = f"{tally.done}/{tally.total}"
                    progress.update(done, len(wanted), details={"records": records}, phase=symbol)
            except PriceSourceError as error:
                failures[symbol] = str(error)
    if len(failures) == len(wanted):
        raise PriceSourceError(
            f"none of {len(wanted)} symbols could be imported; {wanted[0]}: {failures[wanted[0]]}"
        )
    results = bulk_results(tallies, failures)
    progress.update(len(wanted), len(wanted))
    progress.complete(results)
    return results
