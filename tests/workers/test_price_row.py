"""What passes for a day's prices."""

from datetime import date
from typing import Any

import pytest

from workers.price_row import BadRow, PriceRow, check_row

GOOD: dict[str, Any] = {
    "date": "2013-03-01",
    "open": 438.0,
    "high": 438.1799,
    "low": 429.98,
    "close": 430.47,
    "volume": 19730300,
}


def test_a_day_is_taken_as_it_came() -> None:
    assert check_row(GOOD) == PriceRow(date(2013, 3, 1), 438.0, 438.1799, 429.98, 430.47, 19730300)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"date": "yesterday"}, "yesterday"),
        ({"close": None}, "close is None, not a number"),
        ({"open": "438"}, "open is '438', not a number"),
        ({"low": 0}, "low is 0, not a price above 0"),
        ({"high": float("nan")}, "high is nan"),
        ({"high": 430.0}, "high 430 is below another price"),
        ({"low": 431.0}, "low 431 is above another price"),
        ({"volume": -1}, "volume is -1"),
        ({"volume": 2**63}, "not a number of shares"),
    ],
)
def test_what_cannot_be_is_refused_with_the_day_and_the_reason(
    change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadRow) as refused:
        check_row({**GOOD, **change})
    assert reason in str(refused.value)
    if "date" not in change:
        assert str(refused.value).startswith("2013-03-01: ")
