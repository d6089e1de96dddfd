"""From the real source into a real file."""

from tests.workers.conftest import StartSource
from workers.database import PriceDatabase
from workers.importing import REASONS_KEPT, Tally, import_prices
from workers.prices import PriceClient


def run(url: str, database_url: str, symbol: str, period: str) -> list[tuple[int, int, Tally]]:
    with PriceClient(url, backoff_s=0.01) as client, PriceDatabase(database_url) as database:
        return [
            (tally.done, tally.total, tally)
            for tally in import_prices(client, database, symbol, period)
        ]


def test_bad_rows_are_counted_and_the_others_saved(
    start_source: StartSource, database_url: str
) -> None:
    url = start_source(page_size=100, break_every=7, fail_every=3)
    results = run(url, database_url, "IBM", "1y")[-1][2].results()
    assert (results["records_saved"], results["records_skipped"]) == (216, 36)
    assert (results["bad_rows"], results["success_rate"]) == (36, 85.7)
    reasons = results["bad_row_reasons"]
    assert len(reasons) == REASONS_KEPT
    assert reasons[0] == "2012-03-08: close is None, not a number"
