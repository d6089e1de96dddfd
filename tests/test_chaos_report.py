"""A part of `make chaos` has passed only if a test has run."""

import pytest

from tests.chaos_report import result_of


@pytest.mark.parametrize(
    ("last", "code", "result"),
    [
        ("2 passed, 59 deselected in 612.02s (0:10:12)", 0, "2 passed, 59 deselected"),
        ("== 1 failed, 15 deselected in 8.10s ==", 1, "1 failed, 15 deselected"),
        ("31 deselected in 1.27s", 5, "ended with 5"),
        ("", -9, "ended with -9"),
    ],
)
def test_a_part_without_a_test_has_not_passed(last: str, code: int, result: str) -> None:
    assert result_of(last, code) == result
