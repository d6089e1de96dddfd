"""The prices on file: real, enough, and cut by period."""

from __future__ import annotations

from workers.price_files import MONTHS, rows_of, symbols
from workers.price_row import check_row
from workers.prices import TRADING_DAYS


def test_there_are_over_a_thousand_days_and_each_one_is_a_good_row() -> None:
    rows = [check_row(row) for symbol in symbols() for row in rows_of(symbol)]
    assert len(rows) == 7_248
    assert symbols() == ("AAPL", "FB", "GOOG", "IBM", "MSFT")


def test_the_client_asks_for_no_period_that_the_source_does_not_have() -> None:
    assert TRADING_DAYS.keys() == MONTHS.keys()
