"""Saving: once a day and symbol, from several processes at once."""

import sqlite3
from datetime import date, timedelta

import pytest

from workers.database import PriceDatabase
from workers.price_row import PriceRow, check_row
from workers.price_source import rows_of

DAYS = [PriceRow(date(2000, 1, 1) + timedelta(days=n), 1.0, 2.0, 0.5, 1.5, n) for n in range(21)]


def stored(url: str, what: str = "count(*)") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return connection.execute(f"SELECT {what} FROM daily_prices ORDER BY 1").fetchall()
    finally:
        connection.close()


def test_real_rows_are_stored_as_they_are(database_url: str) -> None:
    rows = [check_row(row) for row in rows_of("GOOG")]
    with PriceDatabase(database_url) as database:
        assert database.save("GOOG", rows) == 1763
    last = stored(database_url, "date, symbol, open, high, low, close, volume")[-1]
    assert last == ("2013-03-01", "GOOG", 797.8, 807.14, 796.15, 806.19, 4346400)


def test_a_day_is_saved_once(database_url: str) -> None:
    with PriceDatabase(database_url) as database:
        assert database.save("AAPL", DAYS[:10]) == 10
        assert database.save("AAPL", DAYS[5:15]) == 5
        assert database.save("AAPL", [DAYS[20], DAYS[20]]) == 1
        assert database.save("IBM", DAYS[:10]) == 10
        assert database.save("IBM", []) == 0
    with PriceDatabase(database_url) as database:  # an existing table is kept
        assert database.save("AAPL", DAYS[:15]) == 0
    assert stored(database_url) == [(26,)]


def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="it must be one of sqlite, postgresql"):
        PriceDatabase("mysql://localhost/prices")
