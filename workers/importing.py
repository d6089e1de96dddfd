"""The import of one symbol's prices into the database, page by page, and its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from .database import PriceDatabase
from .price_row import BadRow, PriceRow, check_row
from .prices import Page, PriceClient

#: Bad rows are all counted; the reasons of the first ones are kept.
REASONS_KEPT: Final = 10
#: A bulk import says of so many symbols what became of each; all of them are counted.
SYMBOLS_LISTED: Final = 100


@dataclass(slots=True)
class Tally:
    """Counts of the rows so far."""

    total: int = 0
    saved: int = 0
    already_there: int = 0
    bad: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Rows that were processed."""
        return self.saved + self.skipped

    @property
    def skipped(self) -> int:
        """Rows that were not saved: days that were there before, and bad ones."""
        return self.already_there + self.bad

    def refuse(self, reason: str) -> None:
        """Counts a bad row."""
        self.bad += 1
        if len(self.reasons) < REASONS_KEPT:
            self.reasons.append(reason)

    def results(self) -> dict[str, Any]:
        """The job's results. success_rate: percent of the rows that are in the database now."""
        results: dict[str, Any] = {
            "records_saved": self.saved,
            "records_skipped": self.skipped,
            "success_rate": percent(self.saved + self.already_there, self.done),
            "already_there": self.already_there,
        }
        if self.bad:
            results |= {"bad_rows": self.bad, "bad_row_reasons": self.reasons}
        return results


def import_prices(
    client: PriceClient, database: PriceDatabase, symbol: str, period: str
) -> Iterator[Tally]:
    """Downloads and saves; yields the same tally after each page that is saved.

    A bad row is counted and left out; the others of its page are saved.
    """
    tally = Tally()
    for page in client.pages(symbol, period):
        tally.total = page.total
        good = list(_good_rows(page, tally))
        saved = database.save(symbol, good)
        tally.saved += saved
        tally.already_there += len(good) - saved
        yield tally


def _good_rows(page: Page, tally: Tally) -> Iterator[PriceRow]:
    for raw in page.rows:
        try:
            yield check_row(raw)
        except BadRow as bad:
            tally.refuse(str(bad))


def bulk_results(tallies: Mapping[str, Tally], failures: Mapping[str, str]) -> dict[str, Any]:
    """A bulk import's results; success_rate: percent of the symbols that were imported.

    All are counted; the first SYMBOLS_LISTED are listed. A symbol that failed after some pages
    is in both mappings: what these pages saved is counted.
    """
    symbols = len(tallies.keys() | failures.keys())
    imported = symbols - len(failures)
    listed = {
        symbol: {"records_saved": tally.saved, "records_skipped": tally.skipped}
        for symbol, tally in islice(tallies.items(), SYMBOLS_LISTED)
    }
    return {
        "records_saved": sum(tally.saved for tally in tallies.values()),
        "records_skipped": sum(tally.skipped for tally in tallies.values()),
        "success_rate": percent(imported, symbols),
        "symbols_imported": imported,
        "symbols_failed": len(failures),
        "symbols": listed,
        "failures": dict(islice(failures.items(), SYMBOLS_LISTED)),
    }


def percent(part: int, whole: int) -> float:
    """One decimal, rounded down, so that 100 means all; of nothing, all is done."""
    return part * 1000 // whole / 10 if whole else 100.0
