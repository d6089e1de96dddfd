"""The prices on file: real, enough, and cut by period."""

from __future__ import annotations

import pytest

from workers.price_files import MONTHS, in_period, rows_of, symbols
from workers.price_row import check_row
from workers.prices import TRADING_DAYS


def test_there_are_over_a_thousand_days_and_each_one_is_a_good_row() -> None:
    rows = [check_row(row) for symbol in symbols() for row in rows_of(symbol)]
    assert len(rows) == 7_248
    assert symbols() == ("AAPL", "FB", "GOOG", "IBM", "MSFT")


@pytest.mark.parametrize(
    ("period", "days", "first"),
    [
        ("1mo", 19, "2013-02-04"),
        ("1y", 250, "2012-03-02"),
        ("5y", 1259, "2008-03-03"),
        ("max", 1763, "2006-03-01"),
    ],
)
def test_a_period_ends_with_the_last_day_on_file(period: str, days: int, first: str) -> None:
    rows = in_period(rows_of("AAPL"), period)
    assert (rows[0]["date"], rows[-1]["date"], len(rows)) == (first, "2013-03-01", days)


def test_the_client_asks_for_no_period_that_the_source_does_not_have() -> None:
    assert TRADING_DAYS.keys() == MONTHS.keys()
