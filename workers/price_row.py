"""One day's prices of one symbol, and the check that a downloaded row is one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


class BadRow(ValueError):
    """A downloaded row that cannot be a day's prices; the text says which day and why."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Prices of one trading day, in the share's currency; volume in shares."""

    date: date
    open: float
    high: float
    low: float
    close: float
    volume: int


def check_row(raw: object) -> PriceRow:
    """The row that a source sent, checked.

    Raises:
        BadRow: a field is missing or of the wrong kind, a price is not above 0, the volume is
            negative, or the day's high and low do not enclose its open and close.
    """
    if not isinstance(raw, Mapping):
        raise BadRow(f"a row is {type(raw).__name__}, not an object")
    day = str(raw.get("date"))
    try:
        row = PriceRow(
            date=date.fromisoformat(day),
            open=_price(raw, "open"),
            high=_price(raw, "high"),
            low=_price(raw, "low"),
            close=_price(raw, "close"),
            volume=_volume(raw),
        )
    except (TypeError, ValueError) as error:
        raise BadRow(f"{day}: {error}") from error
    if row.high < max(row.open, row.low, row.close):
        raise BadRow(f"{day}: high {row.high:g} is below another price of the day")
    if row.low > min(row.open, row.close):
        raise BadRow(f"{day}: low {row.low:g} is above another price of the day")
    return row


def _price(raw: Mapping[str, Any], name: str) -> float:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} is {value!r}, not a number")
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {value!r}, not a price above 0")
    return float(value)


def _volume(raw: Mapping[str, Any]) -> int:
    value = raw.get("volume")
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"volume is {value!r}, not a whole number")
    if not 0 <= value < 2**63:  # what a BIGINT column holds
        raise ValueError(f"volume is {value!r}, not a number of shares")
    return value
