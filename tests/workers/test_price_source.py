"""The demo's source, asked over HTTP."""

from __future__ import annotations

import httpx
import pytest

from tests.workers.conftest import StartSource
from workers.price_files import rows_of


def test_a_page_is_what_is_on_file(start_source: StartSource) -> None:
    url = start_source(page_size=100)
    page = httpx.get(f"{url}/prices/AAPL", params={"period": "1y", "page": 3}).json()
    assert {key: page[key] for key in ("symbol", "page", "pages", "total")} == {
        "symbol": "AAPL",
        "page": 3,
        "pages": 3,
        "total": 250,
    }
    assert page["rows"] == rows_of("AAPL")[-50:]


def test_it_lists_what_it_has_and_is_healthy(start_source: StartSource) -> None:
    url = start_source()
    assert httpx.get(f"{url}/health").json() == {"status": "healthy"}
    listed = httpx.get(f"{url}/symbols").json()["symbols"]
    assert {"symbol": "FB", "rows": 196, "first": "2012-05-18", "last": "2013-03-01"} in listed
    assert len(listed) == 5


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/prices/7203.T", 404, "unknown symbol 7203.T"),
        ("/prices/..%2FREADME", 404, ""),
        ("/prices/AAPL?period=2w", 422, "period must be one of 1mo"),
        ("/prices/AAPL?page=11", 422, "page must be 1 to 10"),
        ("/prices/AAPL?page=٣", 422, "page must be 1 to 10"),
    ],
)
def test_it_says_what_is_wrong(
    start_source: StartSource, path: str, status: int, detail: str
) -> None:
    answer = httpx.get(start_source() + path)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]


def test_it_can_be_slow_and_bad_for_tests(start_source: StartSource) -> None:
    url = start_source(delay_ms=200, fail_every=2, break_every=10)
    first, second = (httpx.get(f"{url}/prices/IBM") for _ in range(2))
    assert first.elapsed.total_seconds() >= 0.2
    assert (first.status_code, second.status_code) == (200, 503)
    broken = [n for n, row in enumerate(first.json()["rows"], 1) if row["close"] is None]
    assert broken == [10, 20]
