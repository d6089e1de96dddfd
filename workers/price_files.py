"""The prices on file in `prices/`, and what of them belongs to a period."""

from __future__ import annotations

import calendar
import csv
import functools
from datetime import date
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "prices"
#: Calendar months of a period; None: all there is.
MONTHS: Final[dict[str, int | None]] = {
    "1mo": 1,
    "3mo": 3,
    "6mo": 6,
    "1y": 12,
    "2y": 24,
    "5y": 60,
    "max": None,
}
Row = dict[str, Any]


@functools.cache
def symbols() -> tuple[str, ...]:
    """The symbols on file."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@functools.cache
def rows_of(symbol: str) -> list[Row]:
    """The rows of one of `symbols()`, oldest first."""
    with (FOLDER / f"{symbol}.csv").open(newline="", encoding="ascii") as file:
        return [
            {
                "date": row["date"],
                **{name: float(row[name]) for name in ("open", "high", "low", "close")},
                "volume": int(row["volume"]),
            }
            for row in csv.DictReader(file)
        ]


def in_period(rows: list[Row], period: str) -> list[Row]:
    """The rows of the period that ends with the last of them (not today: the files are old)."""
    months = MONTHS[period]
    if months is None:
        return rows
    start = months_before(date.fromisoformat(rows[-1]["date"]), months).isoformat()
    return [row for row in rows if row["date"] > start]


def months_before(day: date, months: int) -> date:
    """The same day that many months earlier, or that month's last day if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
