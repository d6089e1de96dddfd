"""Figures by type from what the store has."""

from collections import Counter

import pytest

from progress_backend.record.outcomes import (
    MOST_TYPES,
    OTHERS,
    RUN,
    Outcomes,
    Sums,
    by_type,
    merged,
    types_of,
)


@pytest.mark.parametrize(
    ("numbers", "median_s"),
    [
        ({}, None),
        ({"10.0": 4, "sum": 7_200_000}, 1.8),
        ({"1.0": 1, "10.0": 3}, 4.0),
        ({"1.0": 2, "60.0": 2}, 1.0),
        ({"0.1": 1, "inf": 9}, 3600.0),
        ({"inf": 2, "sum": 8_000_000_000}, 4_000.0),
        ({"60.0": -3}, None),
    ],
)
def test_a_median_lies_on_a_line_between_the_bounds(
    numbers: dict[str, int], median_s: float | None
) -> None:
    sums = Counter({f"run|{bound}|": number for bound, number in numbers.items()})
    assert Outcomes(sums, Counter()).median_s(RUN) == pytest.approx(median_s)


def test_partitions_are_added_and_have_the_first_types_by_name_together() -> None:
    each = [
        Sums(
            {f"type||{n:03}": 1 for n in range(first, 160, 2)}
            | {f"end|completed:|{n:03}": 5 for n in range(first, 160, 2)}
            | {"end|completed:|other": 3, "end|completed:|000": 5},
            {"0|000": 10 - first, "1|000": 7, f"0|{first:03}": 10 - first},
        )
        for first in (0, 1)
    ]
    found = by_type(merged(each))
    assert types_of(merged(each)) == [f"{n:03}" for n in range(MOST_TYPES)]
    assert [*found] == [*types_of(merged(each)), OTHERS]
    assert found["000"].ends["completed", ""] == 10
    assert found["000"].successes == {False: 10, True: 7}
    assert found[OTHERS].ends["completed", ""] == 60 * 5 + 6
