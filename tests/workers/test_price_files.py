"""The prices on file: real, enough, and cut by period."""

from __future__ import annotations

from datetime import date

import pytest

from workers.price_files import MONTHS, in_period, months_before, rows_of, symbols
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
        ("3mo", 61, "2012-12-03"),
        ("6mo", 122, "2012-09-04"),
        ("1y", 250, "2012-03-02"),
        ("2y", 503, "2011-03-02"),
        ("5y", 1259, "2008-03-03"),
        ("max", 1763, "2006-03-01"),
    ],
)
def test_a_period_ends_with_the_last_day_on_file(period: str, days: int, first: str) -> None:
    rows = in_period(rows_of("AAPL"), period)
    assert (rows[0]["date"], rows[-1]["date"], len(rows)) == (first, "2013-03-01", days)


def test_the_client_asks_for_no_period_that_the_source_does_not_have() -> None:
    assert TRADING_DAYS.keys() == MONTHS.keys()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2013-03-01", 1, "2013-02-01"),
        ("2013-03-01", 3, "2012-12-01"),
        ("2013-03-31", 1, "2013-02-28"),
        ("2012-02-29", 12, "2011-02-28"),
        ("2013-12-31", 12, "2012-12-31"),
    ],
)
def test_a_month_without_that_day_ends_earlier(day: str, months: int, expected: str) -> None:
    assert months_before(date.fromisoformat(day), months).isoformat() == expected
