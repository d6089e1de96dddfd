"""The pages of a list."""

import pytest

from progress_backend.service.bodies import pagination


@pytest.mark.parametrize(
    ("total", "pages"), [(0, 1), (1, 1), (20, 1), (21, 2), (40, 2), (1_000_001, 50_001)]
)
def test_pages(total, pages) -> None:
    assert pagination(1, 20, total)["pages"] == pages
