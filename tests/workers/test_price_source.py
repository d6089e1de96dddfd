"""The demo's source, asked over HTTP."""

import httpx

from tests.workers.conftest import StartSource
from workers.price_row import check_row
from workers.price_source import rows_of, symbols


def test_it_lists_what_it_has_and_is_healthy(start_source: StartSource) -> None:
    url = start_source()
    assert httpx.get(f"{url}/health", timeout=60).json() == {"status": "healthy"}
    listed = httpx.get(f"{url}/symbols", timeout=60).json()["symbols"]
    assert {"symbol": "FB", "rows": 196, "first": "2012-05-18", "last": "2013-03-01"} in listed
    assert len(listed) == 5


def test_it_can_be_slow_and_bad_for_tests(start_source: StartSource) -> None:
    url = start_source(delay_ms=200, fail_every=2, break_every=10)
    first, second = (httpx.get(f"{url}/prices/IBM", timeout=60) for _ in range(2))
    assert first.elapsed.total_seconds() >= 0.2
    assert (first.status_code, second.status_code) == (200, 503)
    broken = [n for n, row in enumerate(first.json()["rows"], 1) if row["close"] is None]
    assert broken == [10, 20]


def test_there_are_over_a_thousand_days_and_each_one_is_a_good_row() -> None:
    rows = [check_row(row) for symbol in symbols() for row in rows_of(symbol)]
    assert len(rows) == 7_248
    assert symbols() == ("AAPL", "FB", "GOOG", "IBM", "MSFT")
